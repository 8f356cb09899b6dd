"""Sorts the lines that are no JSON object into blocks with one cause each, so that one rule reports each once.

A traceback of thirty lines is one block. `owner` says which rule reports it: `text` (plain text between the log
lines), `multiline` (one event over several lines) or `broken` (a line that begins as JSON and is not).
"""

import re
from typing import Literal, NamedTuple

from stack.records.logs.line import LogLine, wide_encoding
from stack.records.logs.stream import LogStream
from suites.logs.helpers.text_kinds import CRI, OTHER_TEXT, TextKind, continues, text_kind, without_colours

Owner = Literal["text", "multiline", "broken"]

FRAMES = "a stack or other continuation of the line before"
PRETTY = "a JSON object spread over several lines"
PIECES = "a JSON object cut into pieces of 16 KiB"
HALVES = "is a part of a line, as when two processes write to one file"

PIECE = 16 * 1024
"""Bytes after which Docker and the container runtimes of Kubernetes cut a line of standard output.

Source: https://docs.docker.com/reference/api/engine/, https://github.com/containerd/containerd/blob/main/docs/cri/config.md
"""
CUT_BY_BYTES = frozenset({PIECES, CRI})
"""The blocks whose lines may begin and end within a character."""


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
    whole = False  # whether the line before is as long as a piece
    torn: int | None = None  # the block of lines that are torn apart
    syntax = stream.format.lines if stream.format else "json"
    wide = False  # whether the line before is UTF-16 or UTF-32, which a line feed ends within a character
    for line in stream.lines:
        after_wide, wide = wide, wide_encoding(line.raw) is not None if b"\0" in line.raw else False
        if after_wide and line.raw.startswith(b"\0"):
            continue
        after_piece, whole = whole, line.length == PIECE
        if open_kind is _PIECES and not after_piece:
            open_kind = None
        if line.problem is None or (line.problem.kind in {"cut", "utf8"} and not _cut(line, open_kind)):
            open_kind, before = None, line
            continue
        if open_kind is not None and (open_kind is _PIECES or _belongs(line, open_kind)):
            last = found[-1]
            found[-1] = last._replace(lines=last.lines + 1)
            continue
        block, open_kind = _begin(line, before, syntax)
        if block.owner == "broken" and line.problem.kind in {"broken", "text"}:
            torn = len(found)
        if block.name == "" or not _is_rest(line.text, block, syntax, torn is not None):
            found.append(block)
        elif torn is None:
            found.append(block._replace(owner="broken", name=HALVES))
        else:
            found[torn] = found[torn]._replace(name=HALVES, lines=found[torn].lines + 1)
        before = line
    return [_settle(block) for block in found]


def _is_piece(line: LogLine, open_kind: TextKind | None) -> bool:
    """Whether a line that is no JSON is a piece of an object: the first one, or one that is awaited."""
    return open_kind is _PIECES or (line.length == PIECE and line.raw.startswith(b"{"))


_CRI_PREFIX = re.compile(rb"[0-9-]{10}T\S{9,25} std(?:out|err) [FP] ")


def _cut(line: LogLine, open_kind: TextKind | None) -> bool:
    """Whether a line that is no JSON, and perhaps no UTF-8, is what a container runtime made of a part of a line."""
    return _is_piece(line, open_kind) or _CRI_PREFIX.match(line.raw) is not None


def cut_within_character(raw: bytes) -> bool:
    """Whether bytes are UTF-8 but for the rest of a character at their start and the beginning of one at their end."""
    raw = _CRI_PREFIX.sub(b"", raw, count=1)
    start = next((at for at, byte in enumerate(raw[:4]) if byte & 0xC0 != 0x80), 0)
    try:
        raw[start:].decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return start > 0


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
_PIECES = OTHER_TEXT._replace(
    name=PIECES, goes_on=True, hint="log less in one line, or let what collects the output join the pieces of a line"
)
_FRAMES = OTHER_TEXT._replace(
    name=FRAMES, goes_on=True, hint="put the whole event into one JSON line, with its line feeds escaped in a field"
)


_PAIR_AT_END = re.compile(r".*\s[\w.]{1,40}=\S*\Z")


def _is_rest(text: str, block: Block, syntax: str, torn: bool) -> bool:
    """Whether a text line is the rest of a line that another process, or a rotation, tore apart."""
    if block.owner == "broken" or block.name not in {OTHER_TEXT.name, FRAMES, "JSON behind a prefix"}:
        return False
    if syntax == "logfmt":
        return torn and _PAIR_AT_END.match(text) is not None
    return text.rstrip().endswith("}") and text.count("}") > text.count("{") and (torn or '":' in text)


def _begin(line: LogLine, before: LogLine | None, syntax: str) -> tuple[Block, TextKind | None]:
    """The block that `line` begins, and the kind that awaits further lines."""
    problem = line.problem
    if problem is None or problem.kind in {"blank", "not-object", "wrapped"}:
        return Block("broken", "", "", line, 1, before), None
    if _is_piece(line, None):
        return Block("multiline", PIECES, _PIECES.hint, line, 1, before), _PIECES
    if problem.kind == "broken":
        kind = _PRETTY if problem.detail.startswith("ends in the middle") else None
        return Block("broken", PRETTY if kind else "", _PRETTY.hint if kind else "", line, 1, before), kind
    text = line.text
    if without_colours(text).startswith("{"):
        if text.startswith("{"):
            hint = "declare the format that the service has: `logs.format` of `service.yaml`"
            return Block("text", "JSON", hint, line, 1, before), None
        hint = "switch colours off where the output is no terminal"
        return Block("text", "JSON within ANSI colours", hint, line, 1, before), None
    kind = text_kind(text)
    if kind.name == f"{syntax} line":
        return Block("broken", "", "", line, 1, before), None
    if before is not None and kind is OTHER_TEXT and continues(text):
        return Block("multiline", FRAMES, _FRAMES.hint, line, 1, before), _FRAMES
    return Block("text", kind.name, kind.hint, line, 1, before), kind


def _settle(block: Block) -> Block:
    """A truncated object is spread over several lines only if further lines follow."""
    return block._replace(owner="multiline") if block.name == PRETTY and block.lines > 1 else block
