"""Lines of a specialised logger have the fields that are declared for it.

Dashboards on database, cache or external calls read those fields by name. A line without its duration, or with the
duration as text, is missing from the graph although the event is in the log.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.contract import breaches
from suites.logs.helpers.judge import Tally, records_of, where

HEAD = "specialised: {database: {operation: string, duration_ms: number, rows: 'integer?'}}\n---\n"


@rule(
    Good(HEAD + '{"event":"query","logger":"database","operation":"SELECT","duration_ms":3}\n{"event":"x"}\n'),
    Bad(
        HEAD + '{"event":"query","logger":"database","duration_ms":"3 ms"}\n' * 2,
        "logger `database`: field `operation` is missing (2 lines, first line 1)",
        "logger `database`: field `duration_ms` is a string, not a number (2 lines, first line 1)",
    ),
    Bad(
        HEAD + '{"event":"query","logger":"database","operation":"SELECT","duration_ms":3,"rows":1.5}\n',
        "logger `database`: field `rows` is a number, not an integer (line 1)",
    ),
    Unjudged(
        HEAD + '{"event":"ready","logger":"http"}\n{"event":"x"}\n',
        NotApplicable("no declared logger wrote a line"),
    ),
    level=Level.MUST,
    source="https://www.structlog.org/en/stable/logging-best-practices.html",
)
def check(stream: LogStream) -> Iterator[Finding]:
    if not stream.specialised:
        raise NotApplicable("the service declares no specialised logger")
    tally: Tally[tuple[str, str]] = Tally()
    judged = False
    for line, record in records_of(stream, "logger"):
        shape = stream.specialised.get(record.logger) if isinstance(record.logger, str) else None
        if shape is not None and line.value is not None:
            judged = True
            for breach in breaches(line.value, shape):
                tally.add((record.logger, breach), line)
    if not judged:
        raise NotApplicable("no declared logger wrote a line")
    yield from tally.findings(
        lambda cause, seen: Finding(
            f"logger `{cause[0]}`: {cause[1]} ({seen})",
            where(seen.first),
            f"fill the field where logger `{cause[0]}` builds its event, or correct its fields in `service.yaml`",
        )
    )
