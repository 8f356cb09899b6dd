"""An info's samples end in `_info`.

The TYPE line names the family without the suffix, the sample has it. Section: "Info" in the text format.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE build info\nbuild_info{version="1"} 1\n# EOF\n'),
    Bad('# TYPE build info\nbuild{version="1"} 1\n# EOF\n', "info `build` has the sample `build`, not `build_info`"),
    Bad(
        '# TYPE build_info info\nbuild_info{version="1"} 1\n# EOF\n',
        "info `build_info` has the sample `build_info`, not `build_info_info`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#info-1",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "bad_info_sample_name",
        "info `{0}` has the sample `{2}`, not `{0}_info`",
        "write `# TYPE name info` and `name_info{…} 1`",
    )
