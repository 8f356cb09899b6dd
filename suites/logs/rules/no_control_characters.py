"""Lines contain no control characters and no colour codes.

An escape sequence in a log runs on the terminal that shows it, can hide or forge lines there, and breaks every search
for the text it splits. NUL bytes mostly come from a file that was truncated while it was written.
"""

import re
from collections.abc import Iterator

from stack.records.logs.line import LogLine, wide_encoding
from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.judge import Seen, Tally, lines_of, where
from suites.logs.helpers.text_kinds import DOCKER_HEADER, text_kind, without_colours

_COLOUR = re.compile(rb"(?:\x1b|\\u001[bB])\[")
_OTHER = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\\u00(?:0[0-8bBcCeEfF]|1[0-9a-fA-F]|7[fF])")

REPORTED = "no line can be read, see `logs/utf8` and `logs/no-plain-text-lines`"


@rule(
    Good('{"ts":1795500000,"msg":"two\\nlines\\tand a tab"}\r\n'),
    Bad('{"ts":1,"msg":"\\u001b[31mred\\u001b[0m"}\n\x1b[32mok\x1b[0m\n', "ANSI colour codes (2 lines, first line 1)"),
    Bad('{"msg":"a\\u0000b"}\n' * 2, "control character U+0000 (2 lines, first line 1)"),
    Bad(
        "format: none\n---\n\x01\x00\x00\x00\x00\x00\x00\x10hello\n",
        "header of Docker's stream of standard output (line 1)",
    ),
    Unjudged('\x00\x00{"ts":1}\n\x1b[1m{"ts":1}\x1b[0m\n', NotApplicable(REPORTED)),
    level=Level.SHOULD,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#event-collection",
)
def check(stream: LogStream) -> Iterator[Finding]:
    tally: Tally[str] = Tally(exact=True)
    text = stream.format is not None and stream.format.lines == "text"
    skipped = 0
    for line in lines_of(stream):
        raw = line.raw.removesuffix(b"\r")
        found = _OTHER.search(raw)
        if found is None:
            continue
        if _reported(line, text=text):
            skipped += 1
            continue
        if text and text_kind(line.text).name == DOCKER_HEADER:
            tally.add(DOCKER_HEADER, line)
        elif _COLOUR.match(raw, found.start()):
            tally.add("ANSI colour codes", line)
        else:
            code = found[0][-4:].decode() if len(found[0]) > 1 else f"{found[0][0]:04x}"
            tally.add(f"control character U+{code.upper()}", line)

    if skipped == len(stream.lines):
        raise NotApplicable(REPORTED)

    def finding(cause: str, seen: Seen) -> Finding:
        hint = "escape or drop control characters in what comes from outside before it is logged"
        if cause == DOCKER_HEADER:
            hint = text_kind(seen.first.text).hint
        elif "ANSI" in cause:
            hint = (
                "switch colours off where the output is no terminal (`NO_COLOR`, `colors=False`, zap's plain encoders)"
            )
        elif "0000" in cause:
            hint += "; rotate by renaming, or open the file for appending, so that truncating it leaves no hole"
        return Finding(f"{cause} ({seen})", where(seen.first), hint)

    yield from tally.findings(finding)


def _reported(line: LogLine, *, text: bool) -> bool:
    """Whether `utf8` or `no-plain-text-lines` reports a line for these very characters, or as no text at all.

    The latter does not where the lines are declared as `text`.
    """
    if line.problem is None:
        return False
    some = line.raw[:400]
    if line.problem.kind == "utf8" and len(_OTHER.findall(some)) * 20 > len(some):
        return True  # no text at all
    if wide_encoding(line.raw) is not None:
        return True
    named = text_kind(line.text).name in {"NUL bytes", DOCKER_HEADER}
    return not text and (named or without_colours(line.text).startswith("{"))
