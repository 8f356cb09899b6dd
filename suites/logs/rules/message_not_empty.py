"""Messages are not empty.

A list of log lines shows their messages. An empty one has to be opened to be understood, and nothing can be searched
or counted by it.
"""

from collections.abc import Iterator

from stack.records.logs.format import has
from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.judge import Tally, records_of, repeated, where


@rule(
    Good('{"ts":1795500000,"msg":"job started"}\n{"timestamp":"2026-11-24T06:00:00Z","event":"job_started"}\n'),
    Bad(
        '{"ts":1795500000,"msg":""}\n{"ts":1795500001,"msg":" "}\n',
        "message `msg` is empty (2 lines, first line 1)",
    ),
    Unjudged('{"ts":1795500000,"level":"info"}\n', NotApplicable("no line has a message")),
    level=Level.SHOULD,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#event-attributes",
)
def check(stream: LogStream) -> Iterator[Finding]:
    # A missing key is reported by `logs/matches-schema`, one that is there twice by `logs/keys-unique`.
    tally: Tally[str] = Tally()
    judged = False
    for line, record in records_of(stream, "message"):
        message = record.message
        if message is None or (isinstance(message, str) and not message.strip()):
            keys = record.format.message
            if line.value is not None and has(line.value, keys) and not repeated(line, keys):
                tally.add(keys[0], line)
        else:
            judged = True
    if not judged and not len(tally):
        raise NotApplicable("no line has a message")
    yield from tally.findings(
        lambda key, seen: Finding(
            f"message `{key}` is empty ({seen})",
            where(seen.first),
            f"write what happened into `{key}`, as a fixed text that can be counted, and put what varies into fields",
        )
    )
