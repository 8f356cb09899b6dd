"""Log files are rotated before they grow without bounds.

A log that is never rotated fills the disk and takes its host down; Docker's default log driver does not rotate unless
it is configured to. Of a log that is too large only the end is judged, which is reported here.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.judge import lines_of


@rule(
    Good('{"level":"info","ts":1795500000,"msg":"ready"}\n'),
    Bad(
        "source: auth.log\nunread: 3000000000\n---\n" + '{"level":"info","ts":1795500000,"msg":"ready"}\n',
        "the log `auth.log` is too large to be judged whole: 3,000,000,000 bytes before line 1 were not read",
    ),
    Unjudged(
        'stored: true\n---\n{"level":"info","ts":1795500000,"msg":"ready"}\n',
        NotApplicable("only the stored lines are known, not the files that they were in"),
    ),
    level=Level.SHOULD,
    source="https://docs.docker.com/engine/logging/drivers/json-file/",
)
def check(stream: LogStream) -> Iterator[Finding]:
    if stream.stored:
        raise NotApplicable("only the stored lines are known, not the files that they were in")
    first = lines_of(stream)[0]
    if stream.unread_bytes:
        yield Finding(
            f"the log `{stream.source}` is too large to be judged whole: {stream.unread_bytes:,} bytes before line "
            f"{first.number:,} were not read",
            Where(file=first.file, line=first.number),
            "rotate by size (`max-size` and `max-file` of Docker's log driver, logrotate, or a rotating handler)",
        )
