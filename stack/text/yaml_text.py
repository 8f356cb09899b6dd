"""YAML with line numbers: what a configuration file says, and where it says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

# libyaml's loader where PyYAML was built with it: ten times as fast, and no less safe.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the document: `("services", "loki", "ports", 0)`."""

MAX_NODES = 100_000
"""More than this, aliases counted each time they are used, is no configuration."""


class ConfigError(ValueError):
    """A configuration file that cannot be read; the text names the line."""


@dataclass(frozen=True, slots=True)
class YamlText:
    """One YAML document: plain data, and the line of every key and list item (from 1)."""

    data: Any
    lines: Mapping[Path, int]

    def line(self, *path: str | int) -> int | None:
        """The line of `path`, or of the nearest part of it that stands in the file."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None


def read_yaml(text: str) -> YamlText:
    """Read the one document of `text`; an empty one is `None`.

    Raises:
        ConfigError: the text is not YAML, or aliases blow it up; the message names the line.

    """
    try:
        loader = _LOADER(text)
        node = loader.get_single_node()
        if node is None:
            return YamlText(None, {})
        lines: dict[Path, int] = {}
        for path, line in _walk(node, ()):
            lines.setdefault(path, line)
            if len(lines) > MAX_NODES:
                raise ConfigError(f"line {line}: more than {MAX_NODES} values once aliases are followed")
        # After the walk, because constructing rewrites the nodes that are merged in.
        return YamlText(loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as broken:
        mark = broken.problem_mark or broken.context_mark
        place = f"line {mark.line + 1}: " if mark else ""
        raise ConfigError(f"{place}not YAML: {broken.problem or broken.context}") from None
    except (yaml.YAMLError, RecursionError) as broken:
        raise ConfigError(f"not YAML: {broken}") from None


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


def _walk(node: yaml.Node, path: Path) -> Iterator[tuple[Path, int]]:
    if isinstance(node, yaml.MappingNode):
        merged = []
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                merged.append(value)
                continue
            inner = (*path, str(key.value))
            yield inner, key.start_mark.line + 1
            yield from _walk(value, inner)
        # Last, because what stands here goes before what is merged in.
        for value in merged:
            for part in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                yield from _walk(part, path)
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            inner = (*path, position)
            yield inner, item.start_mark.line + 1
            yield from _walk(item, inner)


def section(data: Any, *keys: str) -> dict[str, Any]:
    """The mapping under `keys`, or an empty one where any part of the way is missing or no mapping."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}
