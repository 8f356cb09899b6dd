"""Each declared specialised logger writes lines.

The traffic sent to the service is declared to reach all of its loggers. One that is never called leaves its dashboard
empty, and its fields are never judged.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.logs.helpers.judge import records_of

HEAD = "specialised: {database: {operation: string}, cache: {hit: boolean}}\n---\n"


@rule(
    Good(HEAD + '{"event":"q","logger":"database","operation":"a"}\n{"event":"get","logger":"cache","hit":true}\n'),
    Bad(HEAD + '{"event":"q","logger":"database","operation":"a"}\n', "logger `cache` is declared but wrote no line"),
    level=Level.SHOULD,
    source="https://www.structlog.org/en/stable/logging-best-practices.html",
)
def check(stream: LogStream) -> Iterator[Finding]:
    if not stream.specialised:
        raise NotApplicable("the service declares no specialised logger")
    seen = {record.logger for _, record in records_of(stream, "logger") if isinstance(record.logger, str)}
    for name in stream.specialised:
        if name not in seen:
            yield Finding(
                f"logger `{name}` is declared but wrote no line",
                Where(file=stream.lines[0].file),
                f"call logger `{name}` where its events happen, send traffic that reaches it, or declare it no longer",
            )
