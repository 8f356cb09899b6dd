"""A metric family is exposed once.

The second of two families of one name is refused, or overwrites the first. Sections: "Name", "MetricSet".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# EOF\n"),
    Bad(
        '# TYPE a gauge\na{x="1"} 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\na{x="2"} 1\n# EOF\n',
        "metric family `a` is exposed more than once",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#metricset",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "duplicate_family",
        "metric family `{0}` is exposed more than once",
        "put all samples of a name under one family; concatenated expositions often have two",
    )
