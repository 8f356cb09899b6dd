"""Timestamps include their time zone.

Without an offset a reader must guess. Agents guess UTC, so local time moves lines by hours: into the future, where
Loki refuses them, or into the past, out of every recent time range.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.judge import NO_TIME, Tally, quoted, records_of, where


@rule(
    Good('{"timestamp":"2026-11-24T06:00:00Z","event":"m"}\n{"ts":1795500000.5,"msg":"m"}\n'),
    Bad(
        '{"timestamp":"2026-11-24T06:00:00.123","event":"m"}\n{"timestamp":"2026-11-24 06:00:01","event":"m"}\n',
        "timestamps have no zone, such as `2026-11-24T06:00:00.123` (2 lines, first line 1)",
    ),
    Unjudged('{"timestamp":"noon","event":"m"}\n', NotApplicable(NO_TIME)),
    level=Level.MUST,
    source="https://datatracker.ietf.org/doc/html/rfc3339#section-4.4",
)
def check(stream: LogStream) -> Iterator[Finding]:
    tally: Tally[str] = Tally()
    judged = False
    for line, record in records_of(stream, "time"):
        if record.time_ns is None:
            continue
        judged = True
        if not record.zoned:
            tally.add("", line)
    if not judged:
        raise NotApplicable(NO_TIME)
    yield from tally.findings(
        lambda _, seen: Finding(
            f"timestamps have no zone, such as {quoted(seen.first.record and seen.first.record.time)} ({seen})",
            where(seen.first),
            'write UTC with `Z`: structlog `TimeStamper(fmt="iso", utc=True)`, logging `datetime.now(UTC).isoformat()`',
        )
    )
