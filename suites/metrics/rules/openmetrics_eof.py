"""An OpenMetrics exposition ends with `# EOF` and nothing after it.

Only with it can a reader tell a complete exposition from a truncated one: Prometheus refuses the scrape without it.
Two concatenated expositions have it in the middle. Sections: "Overall Structure", "ABNF".
"""

from collections.abc import Iterator

from stack.records.exposition.body import TEXT_AS_OPENMETRICS
from stack.records.exposition.exposition import OpenMetricsExposition
from stack.records.exposition.faults import Fault
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("# TYPE a gauge\na 1\n# EOF\n"),
    Good("a 1\n# EOF"),
    Bad("# TYPE a gauge\na 1\n", "the last line is not `# EOF`"),
    Bad("a 1\n# EOF\nb 1\n", "1 line after `# EOF`"),
    Bad("a 1\n# EOF\n\n", "1 line after `# EOF`"),
    Bad("# TYPE a_total counter\na_total 1\n", "the body is in the text format, but is sent as OpenMetrics"),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#overall-structure",
)
def check(exposition: OpenMetricsExposition) -> Iterator[Finding]:
    return findings(exposition, "bad_eof", end_message, end_hint)


def end_hint(fault: Fault) -> str:
    if fault.subject == TEXT_AS_OPENMETRICS:
        return "send `Content-Type: text/plain; version=0.0.4`, or let the client library write OpenMetrics"
    return "write `# EOF` once, as the very last line"


def end_message(fault: Fault) -> str:
    if fault.subject == TEXT_AS_OPENMETRICS:
        return "the body is in the text format, but is sent as OpenMetrics"
    lines = fault.detail.get("lines")
    return f"{lines} line{'s' * (lines != '1')} after `# EOF`" if lines else "the last line is not `# EOF`"
