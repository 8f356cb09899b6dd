"""Lines are UTF-8 without a byte order mark.

JSON that travels between systems is UTF-8 (RFC 8259 section 8.1). A single byte of another encoding makes the line
unreadable for the parser in the agent and the store, which then drop its labels or replace its text.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.blocks import CUT_BY_BYTES, blocks, cut_within_character
from suites.logs.helpers.judge import Tally, lines_of, where

LINE = '{"level":"info","ts":1795500000.5,"msg":"Grüße, 你好"}\n'


@rule(
    Good(LINE),
    Bad(LINE + '{"msg":"Gr\udcfc\udcdfe"}\n', "a line contains a byte that is not UTF-8: 0xfc (line 2)"),
    Bad(
        LINE + '{"msg":"Gr\udcfc\udcdfe"}\n{"msg":"\udce4"}\n',
        "a line contains a byte that is not UTF-8: 0xfc (2 lines, first line 2)",
    ),
    Bad("\0".join(LINE) + "\0" + "\0".join(LINE), "the log is UTF-16, not UTF-8 (2 lines, first line 1)"),
    Bad(
        '{"msg":"' + "x" * (16 * 1024 - 8) + f'\nrest"}}\n{LINE}user caf\udce9\n',
        "a line contains a byte that is not UTF-8: 0xe9 (line 4)",
    ),
    Bad("\ufeff" + LINE, "the log begins with a byte order mark (line 1)"),
    Unjudged(
        "stored: true\n---\n" + LINE,
        NotApplicable("only the stored lines are known, which are UTF-8 whatever was written"),
    ),
    level=Level.MUST,
    source="https://datatracker.ietf.org/doc/html/rfc8259#section-8.1",
)
def check(stream: LogStream) -> Iterator[Finding]:
    lines_of(stream)
    # Pieces of a line end within characters: `logs/no-multiline-events` or `logs/no-plain-text-lines` reports them.
    pieces = {id(block.first): block.lines for block in stream.derived(blocks) if block.name in CUT_BY_BYTES}
    left = 0  # of the block of pieces
    tally: Tally[str] = Tally()
    for line in stream.lines:
        left = pieces.get(id(line), left - 1)
        if line.problem is None or line.problem.kind != "utf8" or (left > 0 and cut_within_character(line.raw)):
            continue
        detail = line.problem.detail
        if "mark" in detail:
            tally.add("the log begins with a byte order mark", line)
        elif detail.startswith("is"):
            tally.add(f"the log {detail}", line)
        else:
            tally.add(f"a line contains a byte that is not UTF-8: {detail.split()[2]}", line)
    if stream.stored and not len(tally):
        raise NotApplicable("only the stored lines are known, which are UTF-8 whatever was written")
    yield from tally.findings(
        lambda cause, seen: Finding(
            f"{cause} ({seen})",
            where(seen.first),
            'open the log with encoding UTF-8, without signature (in Python `encoding="utf-8"`, in PowerShell '
            "`-Encoding utf8`), and decode foreign bytes with replacement before they are logged",
        )
    )
