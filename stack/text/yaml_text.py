"""YAML as plain data together with the line of every key and list item.

Files of servers may hold what the servers read: aliases, merged mappings, and YAML 1.1's `yes` and `off`. Files of our
own are strict (`read_strict`): anchors, aliases and tags are refused, since they can blow a small file up and hide
where a value comes from, and words stay texts. Otherwise plain values resolve by YAML 1.2's core schema, so a date and
`12:30` are texts. A duplicate key is an error, as it is to the servers.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from stack.text.plain_yaml import LOADER

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the document: `("services", "loki", "ports", 0)`."""

MAX_BYTES = 256 * 1024
"""The size of a strict file."""
MAX_DEPTH = 32
MAX_NODES = 100_000
"""More than this, aliases counted each time they are used, is no configuration."""

_INT = re.compile(r"[-+]?[0-9]{1,300}")
_FLOAT = re.compile(r"(?=.{1,300}$)[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_CONSTANTS = {"": None, "~": None, "null": None, "true": True, "false": False}
_CONSTANTS_1_1 = {**_CONSTANTS, "yes": True, "on": True, "no": False, "off": False}
_PLAIN_TAGS = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "seq", "map"))


class ConfigError(ValueError):
    """A configuration file that cannot be read; the text names the line."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a document; `line` counts from 1, 0 for the file as a whole."""

    line: int
    message: str
    path: Path = ()

    def in_file(self, file: str) -> str:
        """The problem as messages show it: `service.yaml:3: metrics.port: must be …`."""
        key = f"{dotted(self.path)}: " if self.path else ""
        return f"{file}:{self.line}: {key}{self.message}" if self.line else f"{file}: {key}{self.message}"


@dataclass(frozen=True, slots=True)
class YamlText:
    """One YAML document: plain data, the line of every key and list item (from 1), and what is wrong with it."""

    data: Any
    lines: Mapping[Path, int]
    problems: tuple[Problem, ...] = ()

    def line(self, *path: str | int) -> int | None:
        """The line of `path`, or of the nearest part of it that is in the file."""
        return next((self.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.lines), None)

    def line_of(self, path: Path) -> int:
        """The line of `path`, or of the nearest value around it."""
        return self.line(*path) or self.lines.get((), 1)


def read_yaml(text: str) -> YamlText:
    """Read the one document of `text`; an empty one is `None`.

    Raises:
        ConfigError: the text is not YAML, has a key twice, or aliases blow it up; the message names the line.

    """
    document = _Reader(strict=False).read(text)
    for problem in document.problems:
        key = f"{dotted(problem.path)}: " if problem.path else ""
        raise ConfigError(f"line {problem.line}: {key}{problem.message}")
    return document


def read_mapping(text: str) -> YamlText:
    """Read a document that is a mapping, as configuration files are; an empty one is an empty mapping.

    Raises:
        ConfigError: as `read_yaml`, or the document is a list or a single value.

    """
    document = read_yaml(text)
    if document.data is None:
        return YamlText({}, {})
    if not isinstance(document.data, dict):
        raise ConfigError(f"line 1: expected a mapping of keys, found a {type(document.data).__name__}")
    return document


def read_strict(content: bytes) -> YamlText:
    """Read a file of our own; never raises: what cannot be read is a problem, and `data` is None."""
    if len(content) > MAX_BYTES:
        return YamlText(None, {}, (Problem(1, f"the file has {len(content)} bytes; at most {MAX_BYTES} are read"),))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8"
        return YamlText(None, {}, (Problem(line, message),))
    return _Reader(strict=True).read(text)


def section(data: Any, *keys: str) -> dict[str, Any]:
    """The mapping under `keys`, or an empty one where any part of the way is missing or no mapping."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def dotted(path: Path) -> str:
    """A path as messages show it: `metrics.required[0].type`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


class _UnreadableError(Exception):
    def __init__(self, line: int, message: str, path: Path = ()) -> None:
        super().__init__(message)
        self.problem = Problem(line, message, path)


class _Reader:
    def __init__(self, *, strict: bool) -> None:
        self.strict = strict
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self.anchors: dict[str, tuple[Any, dict[Path, int]]] = {}

    def read(self, text: str) -> YamlText:
        """Read the only document in `text`."""
        try:
            data = self._document(yaml.parse(text, Loader=LOADER))
        except _UnreadableError as stop:
            return YamlText(None, self.lines, (*self.problems, stop.problem))
        except yaml.YAMLError as error:
            return YamlText(None, self.lines, (*self.problems, _syntax_problem(error)))
        return YamlText(data, self.lines, tuple(self.problems))

    def _document(self, events: Iterator[yaml.Event]) -> Any:
        next(events)  # the stream's start
        if isinstance(next(events), yaml.StreamEndEvent):
            if self.strict:
                raise _UnreadableError(1, "the file is empty")
            return None
        data = self._value(next(events), events, ())
        next(events)  # the document's end
        following = next(events)
        if not isinstance(following, yaml.StreamEndEvent):
            raise _UnreadableError(_line(following), "a second document begins here; a file holds one")
        return data

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], path: Path) -> Any:
        line = _line(event)
        self._note(path, line)
        if len(path) > MAX_DEPTH:
            raise _UnreadableError(line, f"nested more than {MAX_DEPTH} levels deep", path[:3])
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event.anchor, line, path)
        if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            raise _UnreadableError(line, "a value is expected here", path)
        if self.strict and event.anchor is not None:
            raise _UnreadableError(line, f"&{event.anchor} is an anchor; write values out where they are needed", path)
        if event.tag not in (None, "!") and (self.strict or event.tag not in _PLAIN_TAGS):
            raise _UnreadableError(line, f"the tag {event.tag} is not allowed; values are plain data", path)
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._items(events, path)
        else:
            value = self._mapping(events, path)
        if event.anchor is not None:
            self.anchors[event.anchor] = value, self._below(path)
        return value

    def _items(self, events: Iterator[yaml.Event], path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._value(event, events, (*path, len(items))))
        return items

    def _mapping(self, events: Iterator[yaml.Event], path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        merged: list[tuple[Any, dict[Path, int]]] = []
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _UnreadableError(_line(event), "a key must be a plain text", path)
            key, line = event.value, _line(event)
            if key == "<<" and event.implicit[0] and not self.strict:
                merged += self._merged(events, (*path, key))
                continue
            if key in mapping:
                before = self.lines[(*path, key)]
                self.problems.append(Problem(line, f"duplicate key, first given in line {before}", (*path, key)))
            self._note((*path, key), line)
            mapping[key] = self._value(next(events), events, (*path, key))
        # Last, because the mapping's own keys go before what is merged in.
        for data, lines in merged:
            for key, value in data.items():
                if key not in mapping:
                    mapping[key] = value
                    for below, line in lines.items():
                        if below[:1] == (key,):
                            self._note((*path, *below), line)
        return mapping

    def _merged(self, events: Iterator[yaml.Event], path: Path) -> list[tuple[Any, dict[Path, int]]]:
        """The mappings under a key `<<`, each with the lines below it; they leave no lines under `path`."""
        value = self._value(next(events), events, path)
        lines = self._below(path)
        for below in lines:
            del self.lines[(*path, *below)]
        parts = [(value, lines)]
        if isinstance(value, list):
            parts = [
                (part, {below[1:]: line for below, line in lines.items() if below[:1] == (at,)})
                for at, part in enumerate(value)
            ]
        if not all(isinstance(part, dict) for part, _ in parts):
            raise _UnreadableError(lines[()], "`<<` merges mappings only", path)
        return parts

    def _alias(self, name: str | None, line: int, path: Path) -> Any:
        if self.strict:
            raise _UnreadableError(line, f"*{name} is an alias; write the value out", path)
        if name is None or name not in self.anchors:
            raise _UnreadableError(line, f"not YAML: there is no anchor &{name} before this alias", path)
        value, lines = self.anchors[name]
        if len(path) + max(map(len, lines)) > MAX_DEPTH:
            raise _UnreadableError(
                line, f"nested more than {MAX_DEPTH} levels deep with what *{name} stands for", path[:3]
            )
        for below, its in lines.items():
            self._note((*path, *below), its)
        return value

    def _note(self, path: Path, line: int) -> None:
        self.lines.setdefault(path, line)
        if len(self.lines) > MAX_NODES:
            raise _UnreadableError(line, f"more than {MAX_NODES} values once aliases are resolved", path[:3])

    def _below(self, path: Path) -> dict[Path, int]:
        depth = len(path)
        return {at[depth:]: line for at, line in self.lines.items() if at[:depth] == path}

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        text: str = event.value
        if not event.implicit[0] and event.tag in (None, "!", _PLAIN_TAGS[0]):
            return text  # quoted, or block text
        constants = _CONSTANTS if self.strict else _CONSTANTS_1_1
        if text.lower() in constants and text in (text.lower(), text.capitalize(), text.upper()):
            return constants[text.lower()]
        if _INT.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _syntax_problem(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    message = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
    context = getattr(error, "context", None)
    return Problem(mark.line + 1 if mark else 1, f"not YAML: {message}" + (f" ({context})" if context else ""))
