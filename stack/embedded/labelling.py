"""Stages that decide what a line is filed under: labels, structured metadata, or nothing at all (`drop`).

Source: https://grafana.com/docs/loki/latest/send-data/promtail/stages/
"""

from __future__ import annotations

import re
import time
from typing import Any

from stack.embedded.config import duration_ns, size
from stack.embedded.entry import Entry, is_utf8
from stack.embedded.go_regex import compile_go
from stack.embedded.json_values import as_text
from stack.embedded.refusal import ConfigError
from stack.embedded.settings import Settings, name_map, names

_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _sources(config: Any, where: str) -> dict[str, str]:
    sources = name_map(config, where)
    for name in sources:
        if not _LABEL.fullmatch(name):
            raise ConfigError(f"{where}: `{name}` is not a label name")
    return sources


def _usable(entry: Entry, source: str) -> str | None:
    text = as_text(entry.extracted.get(source))
    return text if text is not None and is_utf8(text) else None


class Labels:
    """Turn extracted values into labels."""

    def __init__(self, config: Any, where: str) -> None:
        self.sources = _sources(config, where)

    def __call__(self, entry: Entry) -> bool:
        """Label; never drops."""
        for name, source in self.sources.items():
            text = _usable(entry, source)
            if text is not None:
                entry.labels[name] = text
        return True


class StructuredMetadata:
    """Turn extracted values, or labels, into structured metadata; a label of the same value goes away."""

    def __init__(self, config: Any, where: str) -> None:
        self.sources = _sources(config, where)

    def __call__(self, entry: Entry) -> bool:
        """Attach; never drops."""
        moved: dict[str, str] = {}
        for name, source in self.sources.items():
            text = _usable(entry, source)
            text = entry.labels.get(source) if text is None else text
            if text is not None:
                entry.metadata[name] = moved[source] = text
        for source, text in moved.items():
            if entry.labels.get(source) == text:
                del entry.labels[source]
        return True


class StaticLabels:
    """Set labels to fixed values; an empty value sets none."""

    def __init__(self, config: Any, where: str) -> None:
        name_map(config, where)
        self.labels = {name: value for name, value in config.items() if value}

    def __call__(self, entry: Entry) -> bool:
        """Label; never drops."""
        entry.labels.update(self.labels)
        return True


class LabelDrop:
    """Remove the named labels."""

    def __init__(self, config: Any, where: str) -> None:
        self.names = _required(config, where)

    def __call__(self, entry: Entry) -> bool:
        """Remove; never drops the line."""
        for name in self.names:
            entry.labels.pop(name, None)
        return True


class LabelAllow:
    """Remove all labels but the named ones."""

    def __init__(self, config: Any, where: str) -> None:
        self.names = frozenset(_required(config, where))

    def __call__(self, entry: Entry) -> bool:
        """Remove; never drops the line."""
        for name in entry.labels.keys() - self.names:
            del entry.labels[name]
        return True


class Drop:
    """Drop a line that meets every condition given."""

    def __init__(self, config: Any, where: str) -> None:
        settings = Settings(
            config, where, "source value separator expression older_than longer_than drop_counter_reason"
        )
        self.sources = settings.texts("source")
        self.separator = settings.optional("separator")
        self.separator = ";" if self.separator is None else self.separator
        expression, value = settings.optional("expression"), settings.optional("value")
        if value is not None and (expression is not None or not self.sources):
            raise ConfigError(f"{where}: `value` needs `source` and excludes `expression`")
        if value is not None:
            expression = f"^{re.escape(value)}$"
        self.pattern = None if expression is None else compile_go(expression, where)
        older, longer = settings.raw("older_than"), settings.raw("longer_than")
        self.older_ns = None if older is None else duration_ns(older, where)
        self.longer = None if longer is None else size(longer, where)
        if not self.sources and self.pattern is None and older is None and longer is None:
            raise ConfigError(f"{where}: at least one condition is required")

    def __call__(self, entry: Entry) -> bool:
        """Return False for the line to be dropped."""
        if self.longer is not None and entry.size <= self.longer:
            return True
        if self.older_ns is not None and entry.timestamp_ns >= time.time_ns() - self.older_ns:
            return True
        if self.pattern is None:
            return any(source not in entry.extracted for source in self.sources)
        text = self._text(entry)
        return text is None or self.pattern.search(text) is None

    def _text(self, entry: Entry) -> str | None:
        if not self.sources:
            return entry.line
        found = [as_text(entry.extracted[source]) for source in self.sources if source in entry.extracted]
        known = [text for text in found if text is not None]
        return self.separator.join(known) if len(known) == len(found) and self.separator is not None else None


def _required(config: Any, where: str) -> list[str]:
    listed = names(config, where)
    if not listed:
        raise ConfigError(f"{where}: at least one label is required")
    return listed
