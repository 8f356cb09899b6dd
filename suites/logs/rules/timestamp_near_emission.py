"""A line's timestamp is the time at which it was written.

Metrics, traces and other services' logs are correlated by time. A clock that is off, a local time without its offset
or milliseconds read as seconds move the lines out of the time range that is searched, or Loki refuses them.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from stack.records.logs.time_stamps import NS
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.logs.helpers.clock import Deviation, Window, deviation
from suites.logs.helpers.judge import Tally, moment, quoted, records_of, where

HEAD = "from: 2026-11-24T06:00:00Z\nto: 2026-11-24T06:00:05Z\n---\n"


@rule(
    Good(HEAD + '{"ts":1795500003.5,"msg":"m"}\n{"timestamp":"2026-11-24T08:00:03.5+02:00","event":"m"}\n'),
    Bad(
        HEAD + '{"timestamp":"2026-11-24T08:00:03Z","event":"m"}\n{"timestamp":"2026-11-24T08:00:04Z","event":"m"}\n',
        "timestamp `2026-11-24T08:00:03Z` is off by exactly 2 h: local time written as if it were UTC "
        "(2 lines, first line 1)",
    ),
    Bad(
        HEAD + '{"ts":1795500003500,"msg":"m"}\n{"ts":0,"msg":"m"}\n',
        "timestamp `1795500003500` is milliseconds where seconds are due (line 1)",
        "timestamp `0` is a moment of 1970: the clock was not set, or zero was written (line 2)",
    ),
    Bad(
        HEAD + '{"ts":1795500100,"msg":"m"}\n',
        "timestamp `1795500100` is 1 minute after the lines were written (line 1)",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/request-validation-rate-limits/#too_far_behind_and_out_of_order",
)
def check(stream: LogStream) -> Iterator[Finding]:
    if stream.emitted_from is None or stream.emitted_to is None:
        raise NotApplicable("it is not known when the lines were written")
    slack = stream.clock_tolerance_s
    window = Window(int((stream.emitted_from - slack) * NS), int((stream.emitted_to + slack) * NS))
    tally: Tally[Deviation] = Tally()
    for line, record in records_of(stream):
        if record.time_ns is None or window.contains(record.time_ns):
            continue
        off = deviation(record.time_ns, window, number=not isinstance(record.time, str))
        if off is not None:
            tally.add(off, line)
    span = f"the lines were written between {moment(window.start)} and {moment(window.end)}, tolerance included"
    yield from tally.findings(
        lambda off, seen: Finding(
            f"timestamp {quoted(seen.first.record and seen.first.record.time)} is {off.what} ({seen})",
            where(seen.first),
            f"{off.hint}; {span}",
        )
    )
