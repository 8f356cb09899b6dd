"""Each line has an allowed level.

Levels become a label, and dashboards and alerts count by it. A level that is spelled in another way, in capitals or
as a number, opens a stream of its own that no alert selects.
"""

from collections.abc import Iterator

from stack.records.logs.format import FORMATS, LEVELS
from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.logs.helpers.judge import Seen, Tally, quoted, records_of, where


@rule(
    Good("format: zap\n---\n" + '{"level":"warn","ts":1795500000.5,"msg":"slow"}\n'),
    Good("levels: [WARN]\n---\n" + '{"level":"WARN","ts":1795500000.5,"msg":"slow"}\n'),
    Bad(
        "format: zap\n---\n" + '{"level":"INFO","ts":1795500000.5,"msg":"ready"}\n' * 2,
        "level `INFO` is none of `debug`, `info`, `warn`, `error`, `dpanic`, `panic`, `fatal` (2 lines, first line 1)",
    ),
    Bad(
        "levels: [info, error]\n---\n" + '{"level":30,"ts":1,"msg":"m"}\n',
        "level `30` is none of `info`, `error` (line 1)",
    ),
    Bad('{"ts":1795500000.5,"msg":"m"}\n', "a line has no level (line 1)"),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/visualizations/panels-visualizations/visualizations/logs/",
)
def check(stream: LogStream) -> Iterator[Finding]:
    # Where the service declares a format, a missing level is reported by `logs/matches-schema`.
    tally: Tally[str] = Tally()
    for line, record in records_of(stream):
        level = record.level_text
        if level is None:
            if stream.format is None:
                tally.add("a line has no level", line)
            continue
        allowed = stream.levels or FORMATS[record.format].levels
        if level not in allowed:
            names = ", ".join(f"`{name}`" for name in allowed)
            tally.add(f"level {quoted(level)} is none of {names}", line)

    def finding(cause: str, seen: Seen) -> Finding:
        level = seen.first.record.level_text if seen.first.record else None
        known = LEVELS.get(level.lower()) if isinstance(level, str) else None
        hint = "write the level's name in lower case, as the format's encoder does"
        if not isinstance(level, str) and level is not None:
            hint = "write the level's name instead of its number"
        if known:
            hint += f"; this one is `{known}` in the usual five"
        return Finding(f"{cause} ({seen})", where(seen.first), hint)

    yield from tally.findings(finding)
