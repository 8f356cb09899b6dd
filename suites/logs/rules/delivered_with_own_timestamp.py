"""Lines are stored under their own timestamps, not the time at which they were read.

Only then are lines of several services in the order of events, and only then does the store recognise a line that the
agent sends again.
"""

from collections.abc import Iterator

from stack.records.logs.delivery import Delivery
from stack.records.logs.entry import EmittedLine
from stack.records.logs.matching import CLOSE_NS, is_packed
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.logs.helpers.delivered import at, count, found, is_unread, seconds, verb

EMITTED = """emitted: ['{"ts":1.5,"msg":"a"}', '{"ts":2.5,"msg":"b"}', plain]\n"""


@rule(
    Good(EMITTED),
    Good(EMITTED + "found: [1, 2, {of: 3, at: 7}]\n"),
    Bad(
        EMITTED + "found: [{of: 1, at: 3601.5}, {of: 2, at: 3602.5}, 3]\n",
        "2 of 2 lines, first line 1, are stored 1 h later than they state",
    ),
    Bad(EMITTED + "found: [1, {of: 2, at: 2.25}, 3]\n", "line 2 is stored 0.25 s earlier than it states"),
    Bad(
        EMITTED + "found: [{of: 1, at: 4.5}, {of: 2, at: 6.5}]\n",
        "2 of 2 lines, first line 1, are stored up to 4 s away from the time they state",
    ),
    Bad(
        """emitted: ['{"ts":1.5,"msg":"a","time":"1970-01-01T01:00:01.5Z"}']\nfound: [{of: 1, at: 3601.5}]\n""",
        "the only line is stored under the time of `time`, a second one in the line",
    ),
    Bad(
        """emitted: ['{"ts":1.5,"level":"info"}', '{"ts":2.5,"level":"warn"}']\n"""
        "found: [{of: 1, at: 9, labels: {level: unknown}}, {of: 2, at: 9, labels: {level: unknown}}]\n",
        "2 of 2 lines, first line 1, are stored without their time, level and ids",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/send-data/promtail/stages/timestamp/",
)
def check(delivery: Delivery) -> Iterator[Finding]:
    # Stage `pack` also gives lines the time of reading: `logs/delivered-unchanged` reports it.
    gaps = [
        (line, entry.timestamp_ns - line.time_ns)
        for line, entry in found(delivery)
        if line.time_ns is not None and not is_packed(entry)
    ]
    if not gaps:
        raise NotApplicable("no line that was found states its time")
    wrong = [(line, gap) for line, gap in gaps if abs(gap) >= CLOSE_NS]
    if not wrong:
        return
    lines = [line for line, _ in wrong]
    low, high = min(gap for _, gap in wrong), max(gap for _, gap in wrong)
    subject = f"{count(lines, len(gaps))} {verb(lines, 'is', 'are')} stored"
    if second := set.intersection(*(_followed(line, gap) for line, gap in wrong)):
        key = min(second)
        yield Finding(
            f"{subject} under the time of `{key}`, a second one in the line",
            at(lines[0]),
            f"let the service write one time: leave `{key}` out of its lines, or name it otherwise; an agent that all "
            f"services share takes the first key that it knows (`own_time` in {delivery.agent})",
        )
        return
    if is_unread(delivery):
        yield Finding(
            f"{subject} without their time, level and ids",
            at(lines[0]),
            f"let the stages of {delivery.agent} read this format: `json` has to name its keys",
        )
        return
    they = verb(lines, "it states", "they state")
    if high - low < CLOSE_NS:
        yield Finding(
            f"{subject} {seconds(high)} {'later' if high > 0 else 'earlier'} than {they}",
            at(lines[0]),
            f"correct the stage `timestamp` of {delivery.agent}: `location` and the zone in `format` decide "
            "about whole hours",
        )
        return
    yield Finding(
        f"{subject} up to {seconds(max(abs(low), abs(high)))} away from the time {they}",
        at(lines[0]),
        f"correct the stages of {delivery.agent} that make the time: `json` has to name the key, under `own_time`, and "
        "`format` or one of `fallback_formats` of `timestamp` has to fit it",
    )


def _followed(line: EmittedLine, gap: int) -> set[str]:
    """The other keys of a line whose time is the one that it is stored under."""
    return {key for key, ns in line.other_times if line.time_ns is not None and abs(line.time_ns + gap - ns) < CLOSE_NS}
