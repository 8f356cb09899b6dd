"""No two metric families have the same sample name.

A gauge `a_created` beside a counter `a`, which may have a sample `a_created`, cannot be told apart. Section:
"Suffixes".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a counter\na_total 1\n# TYPE a_failed counter\na_failed_total 1\n# EOF\n"),
    Bad(
        "# TYPE a counter\na_total 1\n# TYPE a_created gauge\na_created 1\n# EOF\n",
        "gauge `a_created` and counter `a` both claim the sample name `a_created`",
    ),
    Bad(
        '# TYPE a histogram\na_bucket{le="+Inf"} 1\n# TYPE a_count counter\na_count_total 1\n# EOF\n',
        "counter `a_count` and histogram `a` both claim the sample name `a_count`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#suffixes",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition, "sample_name_clash", "{0} and {1} both claim the sample name `{2}`", "rename one of them"
    )
