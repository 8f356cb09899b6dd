"""Text-format timestamps are whole milliseconds since 1970.

Prometheus refuses the scrape for a decimal point or a sign; seconds are OpenMetrics' unit. Section: "Line format"
(timestamp).
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import TextExposition
from stack.records.exposition.faults import Fault
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.format_findings import findings


@rule(
    Good("a 1 1395066363000\n"),
    Bad("a 1 1395066363.123\n", "timestamp `1395066363.123` is not a whole number of milliseconds"),
    Bad("a 1 -3982045\n", "timestamp `-3982045` is not a whole number of milliseconds"),
    Bad("a 1 seconds\n", "`seconds` after the value is no timestamp"),
    Bad("a 1 99999999999999999999\n", "timestamp `99999999999999999999` is not a whole number of milliseconds"),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/exposition_formats/#line-format",
)
def check(exposition: TextExposition) -> Iterator[Finding]:
    return findings(
        exposition,
        "bad_millisecond_timestamp",
        lambda fault: (
            f"`{fault.detail['token']}` after the value is no timestamp"
            if _is_word(fault)
            else f"timestamp `{fault.detail['token']}` is not a whole number of milliseconds"
        ),
        lambda fault: (
            "write nothing after the value; a unit belongs at the end of the metric's name"
            if _is_word(fault)
            else "write milliseconds since 1970, or no timestamp"
        ),
    )


def _is_word(fault: Fault) -> bool:
    return not any(character.isdigit() for character in fault.detail["token"])
