"""Timestamps do not run backwards.

Loki takes lines of a stream out of order only within a window, and the order of lines is read as the order of events.
Small steps back are concurrent threads; larger ones are a changed clock or a time taken too early.
"""

from collections.abc import Iterator

from stack.records.logs.line import LogLine
from stack.records.logs.stream import LogStream
from stack.records.logs.time_stamps import NS
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.judge import records_of, where

WINDOW = "from: 2026-11-24T06:00:00Z\nto: 2026-11-24T06:00:05Z\n---\n"
TOO_FEW = "fewer than two lines have a usable time"


@rule(
    Good('{"ts":1795500001.0,"msg":"a"}\n{"ts":1795500000.5,"msg":"b"}\n{"ts":1795500002,"msg":"c"}\n'),
    Bad(
        '{"ts":1795500010,"msg":"a"}\n{"ts":1795500004,"msg":"b"}\n{"ts":1795500003.5,"msg":"c"}\n',
        "timestamps run backwards by up to 6.5 s (2 lines, first line 2)",
    ),
    Good(WINDOW + '{"ts":1795500001,"msg":"a"}\n{"ts":1795507202,"msg":"b"}\n{"ts":1795500003,"msg":"c"}\n'),
    Bad(
        "order_tolerance: 0\n---\n" + '{"ts":1795500000.002,"msg":"a"}\n{"ts":1795500000.001,"msg":"b"}\n',
        "timestamps run backwards by up to 0.001 s (line 2)",
    ),
    Bad(
        'stored: true\n---\n{"ts":1795500010,"msg":"a"}\n{"ts":1795500004,"msg":"b"}\n',
        "timestamps run backwards by up to 6 s (line 2)",
    ),
    Unjudged(WINDOW + '{"ts":1795500001,"msg":"a"}\n{"ts":1795507202,"msg":"b"}\n', NotApplicable(TOO_FEW)),
    Unjudged('{"ts":"noon","msg":"a"}\n{"ts":"one","msg":"b"}\n', NotApplicable(TOO_FEW)),
    Unjudged(
        'stored: true\n---\n{"ts":1795500001,"msg":"a"}\n{"ts":1795500002,"msg":"b"}\n',
        NotApplicable("only the stored lines are known, which the store sorts by time"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/configure/#accept-out-of-order-writes",
)
def check(stream: LogStream) -> Iterator[Finding]:
    # `logs/timestamp-near-emission` reports what lies outside.
    window = stream.written
    latest: int | None = None
    back: list[LogLine] = []
    worst = usable = 0
    for line, record in records_of(stream, "time"):
        time = record.time_ns
        if time is None or (window is not None and not window.contains(time)):
            continue
        usable += 1
        if latest is None or time > latest:
            latest = time
        elif latest - time > stream.order_tolerance_s * NS:
            back.append(line)
            worst = max(worst, latest - time)
    if back:
        lines = f"line {back[0].number}" if len(back) == 1 else f"{len(back):,} lines, first line {back[0].number}"
        yield Finding(
            f"timestamps run backwards by up to {worst / NS:.10g} s ({lines})",
            where(back[0]),
            "take the time when the line is written, from one clock that only runs forward; do not let several "
            "processes or buffered handlers write to one file",
        )
    elif usable < 2:
        raise NotApplicable(TOO_FEW)
    elif stream.stored:
        raise NotApplicable("only the stored lines are known, which the store sorts by time")
