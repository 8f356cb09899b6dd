"""HTTP requests to a metrics endpoint and their outcomes, as frozen records: one, or several at the same time.

The text form used in rule examples is an HTTP response message: status line, headers, an empty line, the body.
Pseudo headers carry what is no part of a response: `X-Url`, `X-Accept`, `X-Accept-Encoding`, `X-Elapsed-Seconds`,
`X-Timeout-Seconds`, `X-Max-Bytes`, `X-Size`, `X-Share: in 1 of 9 scrapes`, `X-Redirect: 302 https://…` (repeatable) and
`X-Error: connect: connection refused at 127.0.0.1:9`; without any response the status line is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Self, cast, get_args

from stack.records.exposition.lines import Lines
from stack.records.scrape.repeats import differing

ErrorKind = Literal["connect", "tls", "http", "timeout", "redirect", "too-large", "cut", "gzip", "encoding"]
"""Why there is no usable answer: not connected; TLS fails; no valid HTTP; too slow; the redirect fails; over the byte
limit; the connection ends too early; damaged gzip; an encoding that was not requested."""

HEAD_CHARACTERS = 2048
"""How much of a body is kept as evidence."""
END_BYTES = 64
"""How much of its end is kept, which says whether it is complete."""


class Redirect(NamedTuple):
    """A redirect that was met: its status and the address it pointed to."""

    status: int
    location: str


@dataclass(frozen=True, slots=True)
class Scrape:
    """One request and its outcome.

    `elapsed_s` runs from the request to the last byte, redirects included. `headers` have lower-case names.
    `size` is the length of the decoded body in bytes as far as it was read, `head` its first characters and `end` its
    last ones. `error` is set when there is no complete answer, `error_kind` with it. `share` says of what happened in
    some scrapes only, in how many: `in 1 of 9 scrapes`.
    """

    url: str
    accept: str | None = None
    accept_encoding: str | None = None
    status: int | None = None
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    redirects: tuple[Redirect, ...] = ()
    elapsed_s: float = 0.0
    timeout_s: float = 10.0
    max_bytes: int = 128 * 1024 * 1024
    size: int = 0
    head: str = ""
    end: str = ""
    error_kind: ErrorKind | None = None
    error: str | None = None
    share: str = ""

    def header(self, name: str) -> str | None:
        """The value of the first header `name` (lower case), or None where it was not sent."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def content_type(self) -> str | None:
        """The Content-Type as sent."""
        return self.header("content-type")

    @property
    def ok(self) -> bool:
        """A complete answer with status 200, at the requested address or one that it redirects to."""
        return self.error is None and self.status == 200

    @property
    def often(self) -> str:
        """`share` as the end of a sentence."""
        return f", {self.share}" if self.share else ""

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing that a rule could pass on; empty where there is a complete answer."""
        return f"the metrics endpoint gave no complete answer: {self.error}" if self.error is not None else ""

    @property
    def is_html(self) -> bool:
        """The answer is a web page, by its Content-Type or by how it begins."""
        media_type = (self.content_type or "").partition(";")[0].strip().lower()
        start = self.head.lstrip("\ufeff \t\r\n")[:15].lower()
        return media_type in {"text/html", "application/xhtml+xml"} or start.startswith(("<!doctype html", "<html"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form (see the module); raises ValueError for a malformed header or an unknown error kind."""
        head, _, body = text.partition("\n\n")
        lines = head.splitlines()
        status, reason = None, ""
        if lines and lines[0].startswith("HTTP/"):
            _, number, reason = (*lines.pop(0).split(" ", 2), "")[:3]
            status = int(number)
        headers = [_header(line) for line in lines if line.strip()]
        pseudo = {name: value for name, value in headers if name.startswith("x-")}
        kind, error = _error(pseudo.get("x-error"))
        return cls(
            url=pseudo.get("x-url", "http://127.0.0.1:8080/metrics"),
            accept=pseudo.get("x-accept"),
            accept_encoding=pseudo.get("x-accept-encoding"),
            status=status,
            reason=reason,
            headers=tuple((name, value) for name, value in headers if not name.startswith("x-")),
            redirects=_redirects([value for name, value in headers if name == "x-redirect"]),
            elapsed_s=float(pseudo.get("x-elapsed-seconds", "0.01")),
            timeout_s=float(pseudo.get("x-timeout-seconds", "10")),
            max_bytes=int(pseudo.get("x-max-bytes", str(128 * 1024 * 1024))),
            size=int(pseudo.get("x-size", str(len(body.encode())))),
            head=body[:HEAD_CHARACTERS],
            end=body[-END_BYTES:],
            error_kind=kind,
            error=error,
            share=pseudo.get("x-share", ""),
        )


def messages(text: str) -> list[str]:
    """Split several text forms that are separated by a line `=====`."""
    return text.split("=====\n")


@dataclass(frozen=True, slots=True)
class ConcurrentScrapes:
    """The outcomes of scrapes that ran at the same time, and the series of each that not all of them have.

    The text form is that of `Scrape`, several separated by a line `=====`.
    """

    scrapes: tuple[Scrape, ...]
    series: tuple[frozenset[bytes], ...]

    @property
    def unsteady(self) -> frozenset[str]:
        """The metrics whose series are not the same in all scrapes."""
        some = frozenset[bytes]().union(*self.series)
        all_have = some.intersection(*self.series)
        return frozenset(series.partition(b"{")[0].decode(errors="replace") for series in some - all_have)

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing that a rule could pass on."""
        return "" if sum(scrape.ok for scrape in self.scrapes) > 1 else "fewer than two scrapes were answered"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form; raises ValueError as `Scrape.parse` does."""
        parts = messages(text)
        bodies = [Lines(part.partition("\n\n")[2].encode()) for part in parts]
        return cls(tuple(Scrape.parse(part) for part in parts), differing(bodies))


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise ValueError(f"not a header: {line!r}")
    return name.strip().lower(), value.strip()


def _redirects(values: Sequence[str]) -> tuple[Redirect, ...]:
    parts = [value.partition(" ") for value in values]
    return tuple(Redirect(int(status), location) for status, _, location in parts)


def _error(text: str | None) -> tuple[ErrorKind | None, str | None]:
    if text is None:
        return None, None
    kind, _, what = text.partition(": ")
    if kind not in get_args(ErrorKind):
        raise ValueError(f"X-Error begins with one of {', '.join(get_args(ErrorKind))}, not {kind!r}")
    return cast("ErrorKind", kind), what
