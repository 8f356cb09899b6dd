"""Quantile values are not negative, and NaN where there were no events.

A 0 for no events looks like a very fast service. Judged where the summary's count is 0, since then there were no
events; Go's library has zeros until the first collection of garbage, which no service can change. Section: "Summary".
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import OpenMetricsExposition
from stack.records.exposition.faults import Fault
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good('# TYPE s summary\ns{quantile="0.5"} NaN\ns_sum 0\ns_count 0\n# EOF\n'),
    Good(
        '# TYPE go_gc_duration_seconds summary\ngo_gc_duration_seconds{quantile="0.5"} 0\n'
        "go_gc_duration_seconds_count 0\n# EOF\n"
    ),
    Bad('# TYPE s summary\ns{quantile="0.5"} -1\n# EOF\n', 'quantile `s{quantile="0.5"}` is -1'),
    Bad(
        '# TYPE s summary\ns{quantile="0.5"} 0\ns_sum 0\ns_count 0\n# EOF\n',
        'quantile `s{quantile="0.5"}` is 0, though there were no events',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#summary",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    for finding in findings(exposition, "bad_quantile_value", value_message, "expose NaN until there are events"):
        if not (finding.where.series or "").startswith("go_gc_duration_seconds{"):
            yield finding


def value_message(fault: Fault) -> str:
    reason = ", though there were no events" if fault.subject[1] == "no events" else ""
    return f"quantile `{fault.detail['series']}` is {fault.detail['value']}{reason}"
