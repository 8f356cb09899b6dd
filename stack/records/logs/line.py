"""One log line: its bytes, its place, and its record or the reason why it has none.

A line never fails to be read: what is not one JSON object becomes a `Problem` of a certain kind.
Source: https://datatracker.ietf.org/doc/html/rfc8259 (JSON), https://jsonlines.org (one value per line).
"""

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, Self

import orjson

from stack.records.logs.format import Keys, LogFormat, LogRecord, detect
from stack.records.logs.text_lines import READERS

MAX_KEPT = 1 << 20
"""The bytes kept of one line; a longer line keeps its true length but is not parsed."""

ProblemKind = Literal["cut", "utf8", "blank", "text", "broken", "not-object", "wrapped"]


def _as_go_does(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error("go", _as_go_does)


def go_text(raw: bytes) -> str:
    """Bytes as the log store's answers have them: one U+FFFD for each byte that is not UTF-8, as Go writes it.

    Python writes one for all bytes of a character that is cut off.
    """
    return raw.decode("utf-8", "go")


class Problem(NamedTuple):
    """Why a line has no fields.

    `kind`: `cut` (longer than `MAX_KEPT`), `utf8` (bytes that are no UTF-8, or a byte order mark), `blank`, `text`
    (does not begin as an object, or is not in the syntax of its format), `broken` (begins as an object but is no
    JSON), `not-object` (some other JSON value), `wrapped` (a record of what keeps logs, with the service's line in a
    field). `detail` is what is wrong, to be put after "line 4 ".
    """

    kind: ProblemKind
    detail: str


class RawLine(NamedTuple):
    """A line as it was read: `raw` without its line feed, at most `MAX_KEPT` bytes of the `length` it has.

    `number` counts from 1 in `file`; `ended` is false for a last line that has no line feed.
    """

    raw: bytes
    number: int
    file: str | None
    length: int
    ended: bool


class LogLine(NamedTuple):
    """A line with its record, or the problem that keeps it from having one.

    A line of plain text (a format whose `lines` are `text`) has neither.
    """

    raw: bytes
    number: int
    file: str | None
    length: int
    ended: bool
    problem: Problem | None
    record: LogRecord | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one line; the surrogate escape U+DCFF is the byte 0xff, and so on."""
        raw = text.encode("utf-8", "surrogateescape")
        return cls.read(RawLine(raw, 1, None, len(raw), ended=True))

    @classmethod
    def read(cls, line: RawLine, form: LogFormat | None = None, near_s: float = 0) -> Self:
        """Read `line` in the given format, or in the one it seems to have; never raises.

        `near_s`, in seconds since the epoch, gives the year to times that have none.
        """
        syntax = form.lines if form else "json"
        value, problem = read_object(line, form) if syntax == "json" else _read_text(line, syntax)
        if value is None:
            return cls(*line, problem, None)
        return cls(*line, None, (form or detect(value)).read(value, near_s))

    @property
    def value(self) -> Mapping[str, Any] | None:
        """The fields, read anew each time: for all lines of a log they would take most of its memory."""
        if self.record is None:
            return None
        syntax, line = self.record.format.lines, RawLine(*self[:5])
        return (read_object(line, self.record.format) if syntax == "json" else _read_text(line, syntax))[0]

    @property
    def text(self) -> str:
        """The kept bytes as text, without a carriage return at the end; bad bytes become U+FFFD."""
        return self.raw.decode("utf-8", "replace").removesuffix("\r")


def split_lines(data: bytes) -> list[RawLine]:
    """Split a whole log; lines end at line feeds alone, as for the agents that tail log files."""
    return list(joined_lines(iter([data]), None, 1))


def joined_lines(chunks: Iterable[bytes], file: str | None, first: int) -> Iterator[RawLine]:
    """Lines across chunks; of a line longer than `MAX_KEPT` only the beginning stays in memory."""
    number, kept, length = first, b"", 0
    for chunk in chunks:
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            if length:
                raw, length = (kept + end[: MAX_KEPT - len(kept)]), length + len(end)
                yield RawLine(raw, number, file, length, ended=True)
                kept, length = b"", 0
            else:
                yield RawLine(end[:MAX_KEPT], number, file, len(end), ended=True)
            number += 1
        kept += rest[: MAX_KEPT - len(kept)]
        length += len(rest)
    if length:
        yield RawLine(kept, number, file, length, ended=False)


def read_object(line: RawLine, form: LogFormat | None = None) -> tuple[dict[str, Any] | None, Problem | None]:
    """The JSON object on a line, or why there is none; a record of a collector is one where `form` says so."""
    if line.length > len(line.raw):
        return None, Problem("cut", f"is {line.length:,} bytes long, too long to be read")
    try:
        value = orjson.loads(line.raw)
    except orjson.JSONDecodeError as error:
        return None, _problem(line.raw, error)
    except RecursionError:  # not known to happen, but a hostile line must never end a run
        return None, Problem("broken", "is nested too deeply")
    if isinstance(value, dict):
        wrapper = _wrapper(value, form.message if form else ())
        return (None, Problem("wrapped", f"is {wrapper}")) if wrapper else (value, None)
    return None, Problem("not-object", f"is {_kind(value)}, not a JSON object")


def _wrapper(value: dict[str, Any], message: Keys) -> str | None:
    """What wraps lines in records of its own, if `value` is such a record and not one by its declared `message`.

    Sources: https://docs.docker.com/engine/logging/drivers/json-file/,
    https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-json-format
    """
    if (
        "log" not in message
        and value.get("stream") in ("stdout", "stderr")
        and isinstance(value.get("log"), str)
        and "time" in value
    ):
        of = (
            "Docker's `json-file` log driver"
            if value.keys() <= {"log", "stream", "time", "attrs"}
            else "a log collector"
        )
        return f"a record of {of}, with the service's line under `log`"
    if "MESSAGE" not in message and "MESSAGE" in value and "__REALTIME_TIMESTAMP" in value:
        return "a record of the systemd journal, with the service's line under `MESSAGE`"
    return None


_DOCKER_FRAME = re.compile(rb"[\x01\x02]\0{3}")
"""How Docker's API frames standard output and standard error; four bytes of length follow.

Source: https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Container/operation/ContainerAttach
"""


def wide_encoding(raw: bytes) -> str | None:
    """`UTF-16` or `UTF-32` where a line is mostly that: of most characters all bytes but one are zero.

    Lines are split at the byte 0x0a, so that the zeros beside a line feed may begin the next line.
    """
    some = raw.removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")[:400]
    text = some.strip(b"\0")
    if len(text) < 3:
        return None
    zeros = some.count(0) / len(some)
    for name, width in (("UTF-32", 4), ("UTF-16", 2)):
        if zeros > 0.9 * (1 - 1 / width) - 1 / len(some) and b"\0" * width not in text:
            return name
    return None


def _read_text(line: RawLine, syntax: str) -> tuple[dict[str, str] | None, Problem | None]:
    """The fields on a line that is no JSON, or why there are none."""
    if syntax != "text" and line.length > len(line.raw):
        return None, Problem("cut", f"is {line.length:,} bytes long, too long to be read")
    if (b"\0" in line.raw or not line.raw.isascii()) and (problem := _encoding(line.raw)):
        return None, problem
    if syntax == "text":
        return None, None
    if not line.raw.strip():
        return None, Problem("blank", "is blank")
    fields = READERS[syntax](line.raw.decode("utf-8", "replace").rstrip("\r"))
    return fields, None if fields is not None else Problem("text", f"is not {syntax}")


def _kind(value: object) -> str:
    kinds = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


def _problem(raw: bytes, error: orjson.JSONDecodeError) -> Problem:
    stripped = raw.strip()
    if not stripped:
        return Problem("blank", "is blank")
    if problem := _encoding(raw):
        return problem
    if not stripped.startswith(b"{"):
        return Problem("text", "is plain text")
    return Problem("broken", _breakage(raw.decode(), error))


def _encoding(raw: bytes) -> Problem | None:
    if _DOCKER_FRAME.match(raw):
        return Problem("text", "is plain text")
    wide = wide_encoding(raw)
    if wide:
        return Problem("utf8", f"is {wide}, not UTF-8")
    if raw.startswith(b"\xef\xbb\xbf"):
        return Problem("utf8", "begins with a byte order mark")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as bad:
        return Problem("utf8", f"contains byte 0x{raw[bad.start]:02x} at offset {bad.start}, which is not UTF-8")
    return None


def _breakage(text: str, error: orjson.JSONDecodeError) -> str:
    """What breaks JSON that begins as an object, in words that do not depend on the parser's release."""
    if "depth" in error.msg or "recursion" in error.msg:
        return "is nested too deeply"
    if "surrogate" in error.msg:
        return "contains half of a surrogate pair (such as `\\ud800`)"
    if "infinity" in error.msg:
        return "contains a number too large for a double"
    if text.lstrip().startswith("{'"):
        return "is a Python dict, not JSON"
    try:
        _, end = json.JSONDecoder(parse_constant=_refuse, strict=True).raw_decode(text.strip())
    except _NoJsonError as constant:
        return f"contains `{constant}`, which is not JSON"
    except RecursionError:
        return "is nested too deeply"
    except json.JSONDecodeError as plain:
        if plain.msg.startswith("Invalid control character"):
            return f"contains an unescaped control character at column {plain.pos + 1}"
        if plain.pos >= len(text.rstrip()) or plain.msg.startswith("Unterminated string"):
            return "ends in the middle of its object"
        return f"is not JSON from column {plain.pos + 1} on"
    except ValueError:  # Python refuses integers of more than 4,300 digits
        return "contains a number with too many digits"
    if not text[end:].strip("\0 \r\t"):
        return "has NUL bytes behind its object"
    return f"goes on after its object ends at column {end}"


class _NoJsonError(Exception):
    """A constant that Python reads but JSON does not have."""


def _refuse(constant: str) -> None:
    raise _NoJsonError(constant)
