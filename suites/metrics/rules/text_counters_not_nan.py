"""Counters are numbers from the start, not NaN.

Prometheus stores a NaN of the text format, and `rate()` over it is NaN. A counter of which nothing happened yet is 0;
one that does not exist is left out. OpenMetrics forbids NaN, which is another rule.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import TextExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a_total counter\na_total 0\n"),
    Bad(
        '# TYPE a_total counter\na_total{b="1"} NaN\na_total{b="2"} NaN\n',
        'counter `a_total{b="1"}` is NaN (2 times, first at line 2)',
    ),
    Unjudged("# TYPE a gauge\na NaN\n", NotApplicable("no metric is of type counter")),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics",
)
def check(exposition: TextExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "counter_is_nan",
        "counter `{series}` is NaN",
        "start it at 0, leave it out while it does not exist, or expose it as a gauge",
    )
