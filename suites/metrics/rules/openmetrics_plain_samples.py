"""Samples of gauges, statesets and unknowns are named as their family.

A suffix belongs to the types that have it, so `a_total` after `# TYPE a gauge` begins another family and `a` stays
empty. Judged where the declared family has no samples. Sections: "Gauge", "StateSet", "Unknown".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a gauge\na 1\n# EOF\n"),
    Good("# TYPE a gauge\na 1\nb_total 1\n# EOF\n"),
    Bad("# TYPE a gauge\na_total 1\n# EOF\n", "gauge `a` is followed by the sample `a_total`"),
    Bad('# TYPE a stateset\na_info{a="x"} 1\n# EOF\n', "stateset `a` is followed by the sample `a_info`"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#gauge-1",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "bad_plain_sample_name",
        "{1} `{0}` is followed by the sample `{2}`",
        lambda fault: f"name the sample `{fault.subject[0]}`, or correct the TYPE line",
    )
