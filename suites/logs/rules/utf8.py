"""Lines are UTF-8 without a byte order mark.

JSON that travels between systems is UTF-8 (RFC 8259 section 8.1). A single byte of another encoding makes the line
unreadable for the parser in the agent and the store, which then drop its labels or replace its text.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.logs.helpers.judge import Tally, lines_of, where

LINE = '{"level":"info","ts":1795500000.5,"msg":"Grüße, 你好"}\n'


@rule(
    Good(LINE),
    Bad(LINE + '{"msg":"Gr\udcfc\udcdfe"}\n', "a line contains a byte that is not UTF-8: 0xfc (line 2)"),
    Bad("\ufeff" + LINE, "the log begins with a byte order mark (line 1)"),
    level=Level.MUST,
    source="https://datatracker.ietf.org/doc/html/rfc8259#section-8.1",
)
def check(stream: LogStream) -> Iterator[Finding]:
    lines_of(stream)
    tally: Tally[str] = Tally()
    for line in stream.lines:
        if line.problem is None or line.problem.kind != "utf8":
            continue
        detail = line.problem.detail
        bom = "mark" in detail
        tally.add("the log begins with a byte order mark" if bom else detail.split()[2], line)
    yield from tally.findings(
        lambda cause, seen: Finding(
            f"{cause if ' ' in cause else f'a line contains a byte that is not UTF-8: {cause}'} ({seen})",
            where(seen.first),
            'open the log with encoding UTF-8, without signature (in Python `encoding="utf-8"`), and decode foreign '
            "bytes with replacement before they are logged",
        )
    )
