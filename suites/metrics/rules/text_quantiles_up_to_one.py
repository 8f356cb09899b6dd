"""A summary's quantiles are from 0 to 1, not percentiles up to 100.

Queries and dashboards select `quantile="0.99"`; a summary that says `99` is stored and never found. OpenMetrics
forbids it, which is another rule. Section: "Summary".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import TextExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE s summary\ns{quantile="0"} 1\ns{quantile="0.5"} 1\ns{quantile="1"} 2\n'),
    Bad(
        '# TYPE s summary\ns{quantile="50"} 1\n', "summary `s` has the quantile `50`, which is not a number from 0 to 1"
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/concepts/metric_types/#summary",
)
def check(exposition: TextExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "quantile_above_one",
        "summary `{0}` has the quantile `{1}`, which is not a number from 0 to 1",
        'write `quantile="0.99"`, not `99`',
    )
