"""Sorts the lines that are no JSON object into blocks with one cause each, so that one rule reports each once.

A traceback of thirty lines is one block. `owner` says which rule reports it: `text` (plain text between the log
lines), `multiline` (one event over several lines) or `broken` (a line that begins as JSON and is not).
"""

from typing import Literal, NamedTuple

from stack.records.logs.line import LogLine
from stack.records.logs.stream import LogStream
from suites.logs.helpers.text_kinds import OTHER_TEXT, TextKind, continues, text_kind, without_colours

Owner = Literal["text", "multiline", "broken"]

FRAMES = "a stack or other continuation of the line before"
PRETTY = "a JSON object spread over several lines"


class Block(NamedTuple):
    """Lines without a record that belong together: `lines` of them from `first` on, after the line `before`."""

    owner: Owner
    name: str
    hint: str
    first: LogLine
    lines: int
    before: LogLine | None

    @property
    def is_stack_trace(self) -> bool:
        """Whether these lines are the stack of an error: frames, a traceback or a panic."""
        return self.name == FRAMES or "trace" in self.name or "panic" in self.name


def blocks(stream: LogStream) -> list[Block]:
    """The blocks of a stream; use it as `stream.derived(blocks)`."""
    found: list[Block] = []
    before: LogLine | None = None
    open_kind: TextKind | None = None  # the kind whose further lines are awaited
    for line in stream.lines:
        if line.problem is None or line.problem.kind in {"cut", "utf8"}:
            open_kind, before = None, line
            continue
        if open_kind is not None and _belongs(line, open_kind):
            last = found[-1]
            found[-1] = last._replace(lines=last.lines + 1)
            continue
        block, open_kind = _begin(line, before)
        found.append(block)
        before = line
    return [_settle(block) for block in found]


def _belongs(line: LogLine, kind: TextKind) -> bool:
    """Whether a line goes on with the block that is open."""
    if line.problem is not None and line.problem.kind == "blank":
        return True
    text = line.text
    if continues(text):
        return True
    return kind.goes_on and text_kind(text) in {OTHER_TEXT, kind}


_PRETTY = OTHER_TEXT._replace(
    name=PRETTY, goes_on=True, hint="write each object on one line: no indentation in the JSON encoder"
)
_FRAMES = OTHER_TEXT._replace(
    name=FRAMES, goes_on=True, hint="put the whole event into one JSON line, with its line feeds escaped in a field"
)


def _begin(line: LogLine, before: LogLine | None) -> tuple[Block, TextKind | None]:
    """The block that `line` begins, and the kind that awaits further lines."""
    problem = line.problem
    if problem is None or problem.kind in {"blank", "not-object"}:
        return Block("broken", "", "", line, 1, before), None
    if problem.kind == "broken":
        kind = _PRETTY if problem.detail.startswith("ends in the middle") else None
        return Block("broken", PRETTY if kind else "", _PRETTY.hint if kind else "", line, 1, before), kind
    text = line.text
    if without_colours(text).startswith("{"):
        hint = "switch colours off where the output is no terminal"
        return Block("text", "JSON within ANSI colours", hint, line, 1, before), None
    kind = text_kind(text)
    if before is not None and kind is OTHER_TEXT and continues(text):
        return Block("multiline", FRAMES, _FRAMES.hint, line, 1, before), _FRAMES
    return Block("text", kind.name, kind.hint, line, 1, before), kind


def _settle(block: Block) -> Block:
    """A truncated object is spread over several lines only if further lines follow."""
    return block._replace(owner="multiline") if block.name == PRETTY and block.lines > 1 else block
