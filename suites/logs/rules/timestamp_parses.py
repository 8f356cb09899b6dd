"""Each line has a timestamp that can be parsed.

The agent gives a line the time it carries. Where it cannot parse that time it takes the moment of reading: after a
restart or an outage all lines of the gap then seem to have happened at once.
"""

from collections.abc import Iterator

from stack.records.logs.format import LogFormat
from stack.records.logs.stream import LogStream
from stack.records.logs.time_stamps import UNIT_NAMES
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.judge import Seen, Tally, once, quoted, records_of, unread_time, where


@rule(
    Good('{"ts":1795500000.123,"msg":"m"}\n{"timestamp":"2026-11-24T06:00:00.123456+01:00","event":"m"}\n'),
    Bad(
        '{"ts":"24/Nov/2026:06:00:00 +0000","msg":"m"}\n',
        "timestamp `24/Nov/2026:06:00:00 +0000` cannot be parsed (line 1)",
    ),
    Bad(
        '{"timestamp":"2026-13-24T06:00:00Z","event":"m"}\n{"timestamp":"2026-13-25T06:00:00Z","event":"m"}\n',
        "timestamp `2026-13-24T06:00:00Z` cannot be parsed (2 lines, first line 1)",
    ),
    Bad('{"msg":"m"}\n', "a line has no timestamp (line 1)"),
    Bad('{"ts":"noon","ts":"noon","msg":"m"}\n', "timestamp `noon` cannot be parsed (line 1)"),
    Unjudged("format: zap\n---\n" + '{"level":"info","msg":"m"}\n', NotApplicable("no line has a time")),
    level=Level.MUST,
    source="https://datatracker.ietf.org/doc/html/rfc3339#section-5.6",
)
def check(stream: LogStream) -> Iterator[Finding]:
    tally: Tally[str] = Tally()
    judged = False
    for line, record in records_of(stream, "time"):
        judged = judged or record.time_ns is not None
        if record.time is None:
            if stream.format is None:
                tally.add("", line)
        elif unread_time(stream, record):
            tally.add(str(record.time)[:80], line)

    def finding(shape: str, seen: Seen) -> Finding:
        record = seen.first.record
        known = record.format if record else LogFormat("")
        hint = (
            once(seen.first, known.time) + f"write `{known.time[0]}` as RFC 3339 in UTC (`2026-11-24T06:00:00.123456Z`)"
        )
        if known.unit_ns:
            hint += f" or in {UNIT_NAMES[known.unit_ns]} since the epoch"
        time = quoted(record.time) if record and shape else ""
        message = f"timestamp {time} cannot be parsed" if shape else "a line has no timestamp"
        return Finding(f"{message} ({seen})", where(seen.first), hint)

    if not judged and not len(tally):
        raise NotApplicable("no line has a time")
    yield from tally.findings(finding)
