"""Lines at level error have the error and its stack trace in fields.

The engineer on call needs to know what failed and where. A message alone does not say it, and a stack trace on the
lines after it is separated from it by the agent.
"""

from collections.abc import Iterator

from stack.records.logs.format import LogRecord
from stack.records.logs.line import LogLine
from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.blocks import blocks
from suites.logs.helpers.judge import Tally, errors_of, quoted, where


@rule(
    Good('{"level":"error","ts":1,"msg":"put failed","error":"disk full","stacktrace":"main.put\\n\\t/main.go:7"}\n'),
    Good('{"level":"error","timestamp":"2026-11-24T06:00:00Z","event":"e","exception":"Traceback…\\nKeyError: 1"}\n'),
    Bad(
        '{"level":"error","ts":1,"msg":"put failed","error":"disk full"}\n' * 2,
        "error line `put failed` has no `stacktrace` (2 lines, first line 1)",
    ),
    Bad(
        '{"level":"error","ts":1,"msg":"job 4711 failed","error":"e"}\n'
        '{"level":"error","ts":1,"msg":"job 8f3e-77 failed","error":"e"}\n',
        "error line `job 4711 failed` has no `stacktrace` (2 lines, first line 1)",
    ),
    Bad(
        '{"level":"fatal","ts":1,"msg":"gone","error":"","stacktrace":""}\n',
        "error line `gone` has no `error` and no `stacktrace` (line 1)",
    ),
    Bad(
        '{"level":"error","ts":1,"msg":"put failed","error":"disk full"}\n\tat Store.put(Store.java:9)\n',
        "error line `put failed` has no `stacktrace`; what looks like it is on the lines after it (line 1)",
    ),
    Unjudged(
        '{"level":"error","StartUTC":"2026-11-24T06:00:00Z","RequestPath":"/","DownstreamStatus":502}\n',
        NotApplicable("lines of format `traefik` have no error"),
    ),
    level=Level.MUST,
    convention=True,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#event-attributes",
)
def check(stream: LogStream) -> Iterator[Finding]:
    errors = errors_of(stream)
    if not any(record.format.error or record.format.stack for _, record in errors):
        raise NotApplicable(f"lines of format `{errors[0].record.format.name}` have no error")
    torn = {id(block.before) for block in stream.derived(blocks) if block.is_stack_trace}
    tally: Tally[tuple[str, str]] = Tally()
    for line, record in errors:
        if lacking := _lacking(record, line, torn):
            tally.add((quoted(record.message), lacking), line)
    yield from tally.findings(
        lambda cause, seen: Finding(
            f"error line {cause[0]} {cause[1]} ({seen})",
            where(seen.first),
            "log the error with its stack: `zap.Error(err)` and `zap.AddStacktrace(zap.ErrorLevel)`; in Python "
            "`logger.exception(...)` with the traceback in a field",
        )
    )


def _lacking(record: LogRecord, line: LogLine, torn: set[int]) -> str:
    known = record.format
    parts = ((known.error, record.error), (known.stack, record.stack))
    missing = dict.fromkeys(keys[0] for keys, found in parts if keys and found is None)
    text = " and ".join(f"no `{key}`" for key in missing)
    after = "; what looks like it is on the lines after it" if record.stack is None and id(line) in torn else ""
    return f"has {text}{after}" if missing else ""
