"""Reading files whose shape is not ours: a value of another type than expected is noted and skipped, never raised.

Whatever a file holds, the worst that may come of it is a finding that names the file and the key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from stack.text.yaml_text import Path, dotted

T = TypeVar("T")

_NAMES = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", int: "a number", float: "a number"}


@dataclass(frozen=True, slots=True)
class Mistake:
    """A value of the wrong type: where it is in the file, and what it should be."""

    path: Path
    message: str

    def __str__(self) -> str:
        """The mistake as messages show it: `` `panels[0].targets` is a number, not a list ``."""
        return f"`{dotted(self.path)}` {self.message}" if self.path else f"the file {self.message}"


@dataclass(frozen=True, slots=True)
class View:
    """One value of a file with its path; `mistakes` is shared by all views of the file. Null is taken as absent."""

    value: Any
    path: Path = ()
    mistakes: dict[Mistake, None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is a value that says anything: not null, empty, zero or False."""
        return bool(self.value)

    def __getitem__(self, key: str) -> View:
        """The value under a key of an object, absent where there is none."""
        body = self.object()
        return View(body.get(key), (*self.path, key), self.mistakes)

    @property
    def place(self) -> str:
        """The path as messages show it."""
        return dotted(self.path)

    def is_a(self, kind: type) -> bool:
        """Whether the value is of a type; truth values are no numbers."""
        return isinstance(self.value, kind) and not (kind is int and isinstance(self.value, bool))

    def object(self) -> Mapping[str, Any]:
        """The value as an object."""
        empty: dict[str, Any] = {}
        return self._typed(dict, empty)

    def fields(self) -> Iterator[tuple[str, View]]:
        """The keys of an object, which need not be texts in YAML, each with its value."""
        for key, value in self.object().items():
            yield str(key), View(value, (*self.path, str(key)), self.mistakes)

    def items(self) -> list[View]:
        """The items of a list that are not null."""
        empty: list[Any] = []
        listed = self._typed(list, empty)
        return [View(item, (*self.path, at), self.mistakes) for at, item in enumerate(listed) if item is not None]

    def objects(self) -> list[View]:
        """The items of a list that are objects."""
        return [item for item in self.items() if item.object() or item.value == {}]

    def text(self, default: str = "") -> str:
        """The value as a text; numbers and truth values count as such, as they do to most readers."""
        if isinstance(self.value, bool):
            return str(self.value).lower()
        if isinstance(self.value, str | int | float):
            return str(self.value)
        return self._typed(str, default)

    def texts(self) -> tuple[str, ...]:
        """A list of texts, or a single one."""
        if isinstance(self.value, list):
            return tuple(item.text() for item in self.items())
        return (self.text(),) if self.value not in (None, "") else ()

    def whole(self, default: int = 0) -> int:
        """The value as a whole number; a text that is one counts."""
        if isinstance(self.value, float) and self.value.is_integer():
            return int(self.value)
        if isinstance(self.value, str) and self.value.lstrip("-").isdecimal():
            return int(self.value[:18])
        return self._typed(int, default) if not isinstance(self.value, bool) else self._wrong(int, default)

    def flag(self) -> bool:
        """The value as a truth value, False where it is absent."""
        return self._typed(bool, False)

    def note(self, message: str) -> None:
        """Note something else that is wrong with the value."""
        self.mistakes[Mistake(self.path, message)] = None

    def _typed(self, kind: type[T], default: T) -> T:
        if self.value is None:
            return default
        return self.value if isinstance(self.value, kind) else self._wrong(kind, default)

    def _wrong(self, kind: type, default: T) -> T:
        found = _NAMES.get(type(self.value), type(self.value).__name__)
        self.note(f"is {found}, not {_NAMES[kind]}")
        return default
