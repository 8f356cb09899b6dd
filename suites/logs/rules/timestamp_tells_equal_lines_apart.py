"""Timestamps are fine enough to tell equal lines apart.

Of lines that are alike in stream, time and text Loki keeps one: five equal events within one second are one, if the
time is written in whole seconds, and every count and rate from logs is too low. A line without a time counts with the
one before it.
"""

from collections.abc import Iterator

from stack.records.logs.delivery import Delivery
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.delivered import STORED_ONLY, at, count, found, need_log, verb

SECONDS = """emitted: ['{"ts":2,"msg":"a"}', '{"ts":2,"msg":"a"}', '{"ts":2,"msg":"a"}', '{"ts":2,"msg":"b"}']\n"""
TRACES = """emitted: ['{"ts":1.5,"msg":"a"}', exit status 1, '{"ts":1.5,"msg":"b"}', exit status 1]\n"""
STORED_AFTER = "{of: 2, at: 1.500000001}"


@rule(
    Good(SECONDS.replace('2,"msg":"a"}', '2.1,"msg":"a"}', 1).replace('"ts":2,"msg":"a"', '"ts":2.2,"msg":"a"', 1)),
    # Written twice with all digits of its time: `logs/no-repeated-lines` reports it.
    Good(TRACES.replace('"b"', '"a"') + f"found: [1, {STORED_AFTER}]\n"),
    Bad(
        SECONDS + "found: [1, 4]\n",
        "2 of 4 lines, first line 2, were stored as one with an equal line of the same time",
    ),
    Bad(
        TRACES + f"found: [1, {STORED_AFTER}, 3]\n",
        "line 4 was stored as one with an equal line of the same time",
    ),
    Unjudged("stored: true\n" + SECONDS + "found: [1, 4]\n", NotApplicable(STORED_ONLY)),
    level=Level.SHOULD,
    source="https://grafana.com/docs/loki/latest/get-started/architecture/",
)
def check(delivery: Delivery) -> Iterator[Finding]:
    need_log(delivery)
    found(delivery)
    folded = sorted(
        (line for match in delivery.matches for line in match.folded), key=lambda line: (line.file, line.number)
    )
    if folded:
        yield Finding(
            f"{count(folded, len(delivery.lines))} {verb(folded, 'was', 'were')} stored as one with an equal line of "
            "the same time",
            at(folded[0]),
            "write times with at least microseconds, such as `2026-11-24T10:15:00.123456Z`, and multi-line texts into "
            "one field of the event",
        )
