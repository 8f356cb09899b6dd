"""Each line has a level that is known.

Levels become a label, and dashboards and alerts count by it. A level that nobody can interpret is stored as `unknown`,
which no alert selects. Case does not matter, and the usual abbreviations and names of libraries are known.
"""

from collections.abc import Iterator

from stack.records.logs.levels import NAMES
from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.judge import Seen, Tally, once, quoted, records_of, unknown_level, where


@rule(
    Good("format: zap\n---\n" + '{"level":"warn","ts":1795500000.5,"msg":"slow"}\n'),
    Good("format: zap\n---\n" + '{"level":"WARN","ts":1795500000.5,"msg":"slow"}\n'),
    Good("format: pino\n---\n" + '{"level":30,"time":1795500000500,"msg":"ready"}\n'),
    Good("format: serilog\n---\n" + '{"@t":"2026-11-24T06:00:00Z","@mt":"ready"}\n'),
    Good(
        "format: {time: t, message: m, level: {keys: sev, values: {warning: [2], error: SCHLIMM}}}\n---\n"
        '{"t":"2026-11-24T06:00:00Z","sev":2,"m":"m"}\n{"t":"2026-11-24T06:00:00Z","sev":"schlimm","m":"m"}\n'
    ),
    Bad(
        "format: zap\n---\n" + '{"level":"loud","ts":1795500000.5,"msg":"ready"}\n' * 2,
        "level `loud` is not known (2 lines, first line 1)",
    ),
    Bad("format: zap\n---\n" + '{"level":30,"ts":1,"msg":"m"}\n', "level `30` is not known (line 1)"),
    Bad('{"ts":1795500000.5,"msg":"m"}\n', "a line has no level (line 1)"),
    Bad('{"level":"pro","ts":1795500000.5,"level":"pro"}\n', "level `pro` is not known (line 1)"),
    Unjudged("format: zap\n---\n" + '{"ts":1795500000.5,"msg":"m"}\n', NotApplicable("no line has a level")),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/visualizations/panels-visualizations/visualizations/logs/",
)
def check(stream: LogStream) -> Iterator[Finding]:
    # Where the service declares a format, a missing level, and a line without the format's time, are reported by
    # `logs/matches-schema`. Of a level that is there twice the last one counts.
    tally: Tally[str] = Tally(exact=True)
    judged = False
    for line, record in records_of(stream, "level"):
        judged = judged or record.level is not None
        if record.level is None and record.level_text is None and stream.format is None:
            tally.add("a line has no level", line)
        elif unknown_level(stream, record):
            tally.add(f"level {quoted(record.level_text)} is not known", line)

    def finding(cause: str, seen: Seen) -> Finding:
        record = seen.first.record
        hint = once(seen.first, record.format.level if record else ()) + (
            f"write one of {', '.join(NAMES)}, or what the library calls it, or declare which of them it is: "
            "`logs.format` of `service.yaml`, `level: {keys: …, values: {error: …}}`"
        )
        return Finding(f"{cause} ({seen})", where(seen.first), hint)

    if not judged and not len(tally):
        raise NotApplicable("no line has a level")
    yield from tally.findings(finding)
