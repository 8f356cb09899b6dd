"""A line's timestamp is the time at which it was written.

Metrics, traces and other services' logs are correlated by time. A clock that is off, a local time without its offset
or milliseconds read as seconds move the lines out of the time range that is searched, or Loki refuses them.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from stack.records.logs.time_stamps import NS
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.clock import Deviation, deviation, impossible, is_local_time
from suites.logs.helpers.judge import NO_TIME, Tally, moment, quoted, records_of, where

HEAD = "from: 2026-11-24T06:00:00Z\nto: 2026-11-24T06:00:05Z\n---\n"
READ = "to: 2026-11-24T06:00:05Z\n---\n"
NO_ZONE = "no time that can be read has a zone, see `logs/timestamp-has-zone`"


@rule(
    Good(HEAD + '{"ts":1795500003.5,"msg":"m"}\n{"timestamp":"2026-11-24T08:00:03.5+02:00","event":"m"}\n'),
    Good(HEAD + '{"timestamp":"2026-11-24T06:00:03","event":"m"}\n'),
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
        HEAD + '{"ts":1795500100,"msg":"m"}\n{"ts":1795501900,"msg":"m"}\n',
        "timestamp `1795500100` is 2 minutes after the lines were written (2 lines, first line 1)",
    ),
    # No zone has 15 minutes, and a number has no zone.
    Bad(
        HEAD + '{"timestamp":"2026-11-24T05:45:03Z","event":"m"}\n',
        "timestamp `2026-11-24T05:45:03Z` is 15 minutes before the lines were written (line 1)",
    ),
    Bad(
        HEAD + '{"ts":1795507203.5,"msg":"m"}\n',
        "timestamp `1795507203.5` is 2 h after the lines were written (line 1)",
    ),
    Bad(
        HEAD + '{"timestamp":"2026-11-24T06:00:03+02:00","event":"m"}\n',
        "timestamp `2026-11-24T06:00:03+02:00` is off by exactly -2 h: UTC written under the offset `+02:00` (line 1)",
    ),
    # A log that was there before: no line can be later than its reading, nor from before 2000.
    Good(READ + '{"ts":1695500000,"msg":"m"}\n{"timestamp":"2026-11-24T09:00:03","event":"m"}\n'),
    Bad(
        READ + '{"ts":1795500003500,"msg":"m"}\n{"timestamp":"2026-11-24T07:00:03Z","event":"m"}\n{"ts":5,"msg":"m"}\n',
        "timestamp `1795500003500` is milliseconds where seconds are due (line 1)",
        "timestamp `2026-11-24T07:00:03Z` is 1 h after the log was read (line 2)",
        "timestamp `5` is a moment of 1970: the clock was not set, or zero was written (line 3)",
    ),
    Unjudged(HEAD + '{"timestamp":"2026-11-24T08:00:03","event":"m"}\n', NotApplicable(NO_ZONE)),
    Unjudged(READ + '{"timestamp":"2026-11-24T09:00:03","event":"m"}\n', NotApplicable(NO_ZONE)),
    Unjudged(HEAD + '{"timestamp":"noon","event":"m"}\n', NotApplicable(NO_TIME)),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/request-validation-rate-limits/#too_far_behind_and_out_of_order",
)
def check(stream: LogStream) -> Iterator[Finding]:
    window, read_s = stream.written, stream.emitted_to
    if read_s is None:
        raise NotApplicable("it is not known when the lines were written or read")
    read_ns = int((read_s + stream.clock_tolerance_s) * NS)
    tally: Tally[str] = Tally(exact=True)
    first: dict[str, Deviation] = {}
    readable = judged = False
    for line, record in records_of(stream, "time"):
        if record.time_ns is None:
            continue
        readable = True
        if window and window.contains(record.time_ns):
            judged = True
            continue
        unit_ns = record.format.unit_ns or NS
        if not record.zoned and (window is None or is_local_time(record.time_ns, window)):
            continue  # `logs/timestamp-has-zone` reports it
        judged = True
        if window is None:  # a log that is older than this run
            off = impossible(record.time_ns, read_ns, record.time, unit_ns)
        else:
            off = deviation(record.time_ns, window, record.time, unit_ns)
        if off is not None:
            first.setdefault(off.cause, off)
            tally.add(off.cause, line)
    if not judged:
        raise NotApplicable(NO_ZONE if readable else NO_TIME)
    span = f"the log was read at {moment(read_ns)}, tolerance included"
    if window:
        span = f"the lines were written between {moment(window.start)} and {moment(window.end)}, tolerance included"
    yield from tally.findings(
        lambda cause, seen: Finding(
            f"timestamp {quoted(seen.first.record and seen.first.record.time)} is {first[cause].what} ({seen})",
            where(seen.first),
            f"{first[cause].hint}; {span}",
        )
    )
