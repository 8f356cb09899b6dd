"""The one place where text of a client becomes LogQL.

Every text is put between double quotes with the escapes of a Go string, never between backticks, which have none.
Source: https://go.dev/ref/spec#String_literals, https://grafana.com/docs/loki/latest/query/
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str) -> str:
    """Return `text` as a LogQL string that means exactly this text.

    Characters that no UTF-8 text can hold become U+FFFD, as they do in Loki.
    """
    text = text.encode("utf-8", "replace").decode()
    return '"' + "".join(_ESCAPES.get(char) or _printable(char) for char in text) + '"'


def _printable(char: str) -> str:
    return char if char.isprintable() else f"\\U{ord(char):08x}"


def literal(text: str) -> str:
    """Return a regular expression (RE2) that matches exactly `text`.

    Only what RE2 gives a meaning is escaped: it refuses a backslash before other characters.
    """
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


@dataclass(frozen=True)
class LogFilter:
    """What lines must be; everything given must hold."""

    levels: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    regex: tuple[str, ...] = ()
    not_regex: tuple[str, ...] = ()
    request_id: str = ""
    fields: tuple[tuple[str, str, str], ...] = ()
    """Labels or structured metadata, as `(name, "=" or "!=", value)`; one that a line lacks is empty."""

    def stages(self) -> str:
        """Return the stages behind the stream selector; line filters first, they are the cheapest."""
        parts = [f"|= {quoted(text)}" for text in self.contains if text]
        parts += [f"!= {quoted(text)}" for text in self.excludes if text]
        parts += [f"|~ {quoted(text)}" for text in self.regex if text]
        parts += [f"!~ {quoted(text)}" for text in self.not_regex if text]
        if self.request_id:
            parts.append(f"| request_id = {quoted(self.request_id)}")
        parts += [f"| {name} {operator} {quoted(value)}" for name, operator, value in self.fields]
        return " ".join(parts)


@dataclass(frozen=True)
class LogQuery:
    """Which streams, and which of their lines."""

    matchers: tuple[tuple[str, str, str], ...]
    filter: LogFilter = LogFilter()

    @property
    def streams(self) -> str:
        """The stream selector."""
        return selector(self.matchers)

    def __str__(self) -> str:
        """The query as LogQL."""
        return f"{self.streams} {self.filter.stages()}".strip()


def selector(matchers: Iterable[tuple[str, str, str]]) -> str:
    """Return a stream selector of `(label, operator, value)`.

    Raises:
        ValueError: a name is no label name, or an operator none of LogQL's.

    """
    parts = []
    for label, operator, value in matchers:
        if not LABEL.fullmatch(label) or operator not in ("=", "!=", "=~", "!~"):
            raise ValueError(f"{label}{operator}")
        parts.append(f"{label}{operator}{quoted(value)}")
    return "{" + ", ".join(parts) + "}"


def one_of(label: str, values: Sequence[str]) -> tuple[str, str, str]:
    """Return a matcher for any of the values, which are text and no expressions."""
    if len(values) == 1:
        return (label, "=", values[0])
    return (label, "=~", "|".join(literal(value) for value in values))
