"""A log stream: all lines of one service from one source, in order, with what is known about them.

The lines are kept as bytes and read once, when first asked for; what several rules need beyond that they share
through `derived`. So a stream travels between processes at the size of its log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, Self, TypeVar

from stack.garbage import no_collection
from stack.records.logs.format import LogFormat
from stack.records.logs.line import MAX_KEPT, LogLine, RawLine, split_lines
from stack.records.logs.time_stamps import NS, Window, read_time
from stack.records.rows import named, plain
from stack.text.plain_yaml import plain_yaml

T = TypeVar("T")

LOKI_MAX_LINE_BYTES = 256 * 1024
"""Loki's default `max_line_size`; longer lines are refused or cut."""


class ExpectedLine(NamedTuple):
    """A line that a request must leave; `None` and absent fields mean that anything will do.

    `level` is one of `LogRecord.level`'s six names, whatever the format calls it.
    """

    level: str | None = None
    logger: str | None = None
    message: str | None = None
    fields: Mapping[str, Any] = {}


class SentRequest(NamedTuple):
    """A request that was sent to provoke the log.

    `logged` is false for a request that the service need not log, such as a health check. `expected` are the lines
    that the service's contract promises for it.
    """

    request_id: str
    method: str
    path: str
    status: int
    logged: bool = True
    expected: tuple[ExpectedLine, ...] = ()

    @property
    def route(self) -> str:
        """The request as messages name it: `GET /api/v1/jobs`."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, eq=False)
class LogStream:
    """Lines of one service from one source, oldest first, rotated files joined.

    `raw_lines`: the lines as read. `service`: the name the catalog gives. `format`: of the lines; `None` detects each
    line's by its keys. `emitted_from` and `emitted_to`: between which moments (seconds since the epoch) the lines were
    written, as far as known.
    `requests`: what was sent meanwhile. `specialised`: per logger its required fields and their JSON types
    (`integer`, `string|null`; with `?` at the end the field may be absent). `clock_tolerance_s` and
    `order_tolerance_s`: how far a line may lie outside the window and behind its predecessor. `half_line`: bytes
    of a last line that was still being written when the file was read: not judged. `unread_bytes`: what lay before
    the part that was read. `missing`: why there is no log at all. `stored`: what was written is not known, and the
    lines are those that the log store has, in the order of its times.
    """

    raw_lines: tuple[RawLine, ...]
    service: str
    source: str = "log"
    format: LogFormat | None = None
    emitted_from: float | None = None
    emitted_to: float | None = None
    requests: tuple[SentRequest, ...] = ()
    specialised: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    max_line_bytes: int = LOKI_MAX_LINE_BYTES
    clock_tolerance_s: float = 2.0
    order_tolerance_s: float = 1.0
    half_line: int = 0
    unread_bytes: int = 0
    missing: str | None = None
    stored: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a stream from YAML settings, a line `---`, and the lines as in the file; the settings may be left out.

        Settings are the fields of this class under short names: service, source, format, from, to, requests
        (each id, method, path, status, logged, expected), specialised, max_line_bytes, clock_tolerance,
        order_tolerance, unread, missing, stored. The surrogate escape U+DCFF is the byte 0xff, and so on.
        """
        head, rule, body = text.partition("---\n")
        if not rule or (head and not head.endswith("\n")):
            head, body = "", text
        settings = plain_yaml(head) or {}
        lines = split_lines(body.encode("utf-8", "surrogateescape"))
        return cls(raw_lines=tuple(lines), **_fields(settings))

    @cached_property
    def lines(self) -> tuple[LogLine, ...]:
        """The lines, parsed."""
        read, form = LogLine.read, self.format
        near_s = self.emitted_to or 0
        with no_collection():
            return tuple([read(line, form, near_s) for line in self.raw_lines])

    @cached_property
    def left_out(self) -> str:
        """What of the log is not judged, as every verdict on it has to say; empty where all of it is."""
        said = []
        if self.unread_bytes:
            said.append(f"only the end of the log was judged: {self.unread_bytes:,} bytes before it were not read")
        if cut := sum(line.length > MAX_KEPT for line in self.raw_lines):
            said.append(f"only the first MiB of a line was judged: {cut:,} line{'s are' if cut > 1 else ' is'} longer")
        return "; ".join(said)

    @property
    def written(self) -> Window | None:
        """Between which moments the lines were written, tolerance included; `None` where that is not known."""
        if self.emitted_from is None or self.emitted_to is None:
            return None
        slack = self.clock_tolerance_s
        return Window(int((self.emitted_from - slack) * NS), int((self.emitted_to + slack) * NS))

    def derived(self, compute: Callable[[LogStream], T]) -> T:
        """What `compute` makes of this stream, computed once and then shared by all rules that ask for it."""
        known = self._derived
        if compute not in known:
            known[compute] = compute(self)
        result: T = known[compute]
        return result

    @cached_property
    def _derived(self) -> dict[Any, Any]:
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """What travels to another process: the bytes and the context, not what was made of them."""
        kept = {name: value for name, value in self.__dict__.items() if name not in {"lines", "_derived"}}
        return kept | {"raw_lines": plain(self.raw_lines)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore what `__getstate__` gave."""
        self.__dict__.update(state, raw_lines=named(RawLine, state["raw_lines"]))


def _fields(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The constructor's arguments for the settings of an example."""
    short = {"from": "emitted_from", "to": "emitted_to", "unread": "unread_bytes"}
    short |= {"clock_tolerance": "clock_tolerance_s", "order_tolerance": "order_tolerance_s"}
    found: dict[str, Any] = {"service": "api"} | {short.get(name, name): value for name, value in settings.items()}
    for moment in ("emitted_from", "emitted_to"):
        if moment in found:
            found[moment] = _seconds(found[moment])
    if "format" in found:
        found["format"] = LogFormat.declared(found["format"])
    found["requests"] = tuple(
        SentRequest(
            request_id=sent["id"],
            method=sent.get("method", "GET"),
            path=sent.get("path", "/"),
            status=sent.get("status", 200),
            logged=sent.get("logged", True),
            expected=tuple(ExpectedLine(**line) for line in sent.get("expected", ())),
        )
        for sent in found.get("requests", ())
    )
    return found


def _seconds(moment: object) -> float:
    """A moment of an example in seconds since the epoch; YAML has read RFC 3339 text as a datetime already."""
    read = read_time(moment.isoformat() if hasattr(moment, "isoformat") else moment)
    if read is None:
        raise ValueError(f"{moment!r} is no moment: write RFC 3339 text or seconds since the epoch")
    return read.ns / NS
