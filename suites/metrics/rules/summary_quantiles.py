"""A summary's quantile is a number from 0 to 1.

A sample without it does not belong to the summary. A number above 1 is a percentage, which OpenMetrics forbids; in the
text format that is another rule. Sections: OpenMetrics "Summary"; text format "Histograms and summaries".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from stack.records.exposition.faults import Fault
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE s summary\ns{quantile="0.5"} 1\ns{quantile="1"} 2\ns_sum 3\ns_count 2\n'),
    Good('# TYPE s summary\ns{quantile="50"} 1\n'),
    Bad(
        '# TYPE s summary\ns{quantile="50"} 1\n# EOF\n',
        "summary `s` has the quantile `50`, which is not a number from 0 to 1",
    ),
    Bad("# TYPE s summary\ns 1\n", "summary `s` has a sample without a `quantile` label"),
    Bad(
        '# TYPE s summary\ns{quantile="p99"} 1\n# EOF\n',
        "summary `s` has the quantile `p99`, which is not a number from 0 to 1",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#summary",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    return findings(exposition, "bad_quantile", quantile_message, 'write `quantile="0.99"`, not `99` or `p99`')


def quantile_message(fault: Fault) -> str:
    name, quantile = fault.subject
    if not quantile:
        return f"summary `{name}` has a sample without a `quantile` label"
    return f"summary `{name}` has the quantile `{quantile}`, which is not a number from 0 to 1"
