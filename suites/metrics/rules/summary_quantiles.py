"""A summary's quantile is a number from 0 to 1.

A sample without it is none of the summary's. Sections: OpenMetrics "Summary"; text format "Histograms and summaries".
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.model import Exposition, Violation
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE s summary\ns{quantile="0.5"} 1\ns{quantile="1"} 2\ns_sum 3\ns_count 2\n'),
    Bad('# TYPE s summary\ns{quantile="50"} 1\n', "summary `s` has the quantile `50`, which is no number from 0 to 1"),
    Bad("# TYPE s summary\ns 1\n", "summary `s` has a sample without a `quantile` label"),
    Bad(
        '# TYPE s summary\ns{quantile="p99"} 1\n# EOF\n',
        "summary `s` has the quantile `p99`, which is no number from 0 to 1",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#summary",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    """A summary's quantile is a number from 0 to 1."""
    return findings(
        exposition,
        "summary-quantiles",
        quantile_message,
        hint='write `quantile="0.99"`, not `99` or `p99`',
        series=True,
    )


def quantile_message(seen: Violation) -> str:
    """The quantile is not there, or is no number from 0 to 1."""
    if not seen.what[1]:
        return f"summary `{seen.what[0]}` has a sample without a `quantile` label"
    return f"summary `{seen.what[0]}` has the quantile `{seen.what[1]}`, which is no number from 0 to 1"
