"""Messages are not empty.

A list of log lines shows their messages. An empty one has to be opened to be understood, and nothing can be searched
or counted by it.
"""

from collections.abc import Iterator

from stack.records.logs.format import has
from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.judge import Seen, Tally, records_of, repeated, where


@rule(
    Good('{"ts":1795500000,"msg":"job started"}\n{"timestamp":"2026-11-24T06:00:00Z","event":"job_started"}\n'),
    Bad(
        '{"ts":1795500000,"msg":""}\n{"ts":1795500001,"msg":" "}\n',
        "message `msg` is empty (2 lines, first line 1)",
    ),
    Bad('{"ts":1795500000,"level":"info"}\n', "a line has no message (line 1)"),
    Unjudged('format: zap\n---\n{"ts":1795500000,"level":"info"}\n', NotApplicable("no line has a message")),
    level=Level.SHOULD,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#event-attributes",
)
def check(stream: LogStream) -> Iterator[Finding]:
    # A missing key of a declared format is reported by `logs/matches-schema`, one there twice by `logs/keys-unique`.
    tally: Tally[str] = Tally()
    judged = False
    for line, record in records_of(stream, "message"):
        message = record.message
        if message is None or (isinstance(message, str) and not message.strip()):
            keys = record.format.message
            there = line.value is not None and has(line.value, keys)
            if there and not repeated(line, keys):
                tally.add(f"message `{keys[0]}` is empty", line)
            elif not there and keys and stream.format is None:
                tally.add("a line has no message", line)
        else:
            judged = True
    if not judged and not len(tally):
        raise NotApplicable("no line has a message")
    yield from tally.findings(
        lambda cause, seen: Finding(
            f"{cause} ({seen})",
            where(seen.first),
            f"write what happened into `{_key(seen)}`, as a fixed text that can be counted, and put what varies into "
            "fields",
        )
    )


def _key(seen: Seen) -> str:
    return seen.first.record.format.message[0] if seen.first.record else ""
