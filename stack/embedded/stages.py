"""The stages of Promtail's pipeline that the shipped configuration uses, with the settings that it gives them.

Source: https://grafana.com/docs/loki/latest/send-data/promtail/stages/
"""

import re
from collections.abc import Callable
from typing import Any

from stack.embedded import json_values
from stack.embedded.entry import Entry, is_utf8
from stack.embedded.go_regex import compile_go
from stack.embedded.jmespath import compile_path
from stack.embedded.json_values import as_text
from stack.embedded.refusal import ConfigError, NotSimulated
from stack.embedded.settings import Settings, name_map, names
from stack.embedded.timestamps import parser
from stack.records.logs.text_lines import pairs
from stack.text.go_time import TimeError

_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TO_LOWER = re.compile(r"\{\{\s*ToLower \.Value\s*\}\}")
_TEXT = r'"([^"\\]*)"'
_TABLE = re.compile(rf"\{{\{{\s*get \(dict((?:\s+{_TEXT}\s+{_TEXT})+)\s*\) \(ToLower \.Value\)\s*\}}\}}")
_REPLACE = re.compile(rf"\{{\{{\s*regexReplaceAll {_TEXT} \.Value {_TEXT}\s*\}}\}}")


class Json:
    """Extract values by JMESPath; a line that is no JSON object passes untouched."""

    def __init__(self, config: Any, where: str) -> None:
        expressions = name_map(Settings(config, where, "expressions").raw("expressions") or {}, where)
        if not expressions:
            raise ConfigError(f"{where}: `expressions` is required")
        self.searches = {name: compile_path(path, where) for name, path in expressions.items()}

    def __call__(self, entry: Entry) -> None:
        """Extract."""
        try:
            data = json_values.read_object(entry.line)
        except json_values.Malformed:
            return
        utf8 = is_utf8(entry.line)
        for name, search in self.searches.items():
            entry.extracted[name] = json_values.extracted(search(data), utf8=utf8)


class Regex:
    """Extract the named groups of the first match in an extracted value, or in the line."""

    def __init__(self, config: Any, where: str) -> None:
        settings = Settings(config, where, "expression source")
        self.pattern = compile_go(settings.text("expression"), where)
        self.source = settings.optional("source")

    def __call__(self, entry: Entry) -> None:
        """Extract."""
        text = as_text(entry.extracted.get(self.source)) if self.source else entry.line
        match = self.pattern.search(text) if text is not None else None
        if match:
            entry.extracted.update({name: value or "" for name, value in match.groupdict().items()})


class Template:
    """Rewrite an extracted value by one of three templates; an empty result removes the value.

    `ToLower .Value`, `get (dict "a" "b" …) (ToLower .Value)`, and `regexReplaceAll "…" .Value "…"`.
    """

    def __init__(self, config: Any, where: str) -> None:
        settings = Settings(config, where, "source template")
        self.source = settings.text("source")
        template = settings.optional("template") or ""
        self.rewrite: Callable[[str], str] = _lower
        if table := _TABLE.fullmatch(template):
            known = dict(re.findall(rf"{_TEXT}\s+{_TEXT}", table[1]))
            self.rewrite = lambda text: known.get(_lower(text), "")
        elif replace := _REPLACE.fullmatch(template):
            pattern, new = compile_go(replace[1], where), re.sub(r"\$([0-9])", r"\\\1", replace[2])
            self.rewrite = lambda text: pattern.sub(new, text)
        elif not _TO_LOWER.fullmatch(template):
            raise NotSimulated(f"{where}: the template `{template}`")

    def __call__(self, entry: Entry) -> None:
        """Compute."""
        text = as_text(entry.extracted.get(self.source))
        if text and (rewritten := self.rewrite(text)):
            entry.extracted[self.source] = rewritten
        elif text is not None:
            del entry.extracted[self.source]


class Logfmt:
    """Extract the values of keys from the logfmt pairs in an extracted value, up to what breaks them."""

    def __init__(self, config: Any, where: str) -> None:
        settings = Settings(config, where, "mapping source")
        mapping = name_map(settings.raw("mapping") or {}, where)
        self.names = {key: name for name, key in mapping.items()}
        self.source = settings.optional("source")
        if not self.names:
            raise ConfigError(f"{where}: `mapping` is required")

    def __call__(self, entry: Entry) -> None:
        """Extract."""
        text = as_text(entry.extracted.get(self.source)) if self.source else entry.line
        found, _ = pairs(text or "", strict=True)
        entry.extracted.update({self.names[key]: value for key, value in found.items() if key in self.names})


class Timestamp:
    """Take the time from an extracted value; on failure follow the stream's last time by a nanosecond (`fudge`)."""

    def __init__(self, config: Any, where: str) -> None:
        settings = Settings(config, where, "source format fallback_formats action_on_failure")
        self.source = settings.text("source")
        formats = [settings.text("format"), *settings.texts("fallback_formats")]
        self.parsers = [parser(format_, where) for format_ in formats]
        action = settings.optional("action_on_failure") or "fudge"
        if action not in {"fudge", "skip"}:
            raise ConfigError(f"{where}: `action_on_failure` is fudge or skip, found `{action}`")
        self.fudge = action == "fudge"
        self.last: dict[frozenset[tuple[str, str]], int] = {}

    def __call__(self, entry: Entry) -> None:
        """Set the time."""
        parsed = self._parse(as_text(entry.extracted.get(self.source)))
        if not self.fudge:
            entry.timestamp_ns = entry.timestamp_ns if parsed is None else parsed
            return
        stream = frozenset(entry.labels.items())
        if parsed is None:
            if stream not in self.last:
                return
            parsed = self.last[stream] + 1
        self.last[stream] = entry.timestamp_ns = parsed

    def _parse(self, text: str | None) -> int | None:
        for parse in self.parsers if text is not None else ():
            try:
                return parse(text or "")
            except TimeError:
                continue
        return None


class Labels:
    """Turn extracted values into labels."""

    def __init__(self, config: Any, where: str) -> None:
        self.sources = _sources(config, where)

    def __call__(self, entry: Entry) -> None:
        """Label."""
        for name, source in self.sources.items():
            text = _usable(entry, source)
            if text is not None:
                entry.labels[name] = text


class StructuredMetadata:
    """Turn extracted values, or labels, into structured metadata; a label of the same value goes away."""

    def __init__(self, config: Any, where: str) -> None:
        self.sources = _sources(config, where)

    def __call__(self, entry: Entry) -> None:
        """Attach."""
        moved: dict[str, str] = {}
        for name, source in self.sources.items():
            text = _usable(entry, source)
            text = entry.labels.get(source) if text is None else text
            if text is not None:
                entry.metadata[name] = moved[source] = text
        for source, text in moved.items():
            if entry.labels.get(source) == text:
                del entry.labels[source]


class StaticLabels:
    """Set labels to fixed values; an empty value sets none."""

    def __init__(self, config: Any, where: str) -> None:
        name_map(config, where)
        self.labels = {name: value for name, value in config.items() if value}

    def __call__(self, entry: Entry) -> None:
        """Label."""
        entry.labels.update(self.labels)


class LabelAllow:
    """Remove all labels but the named ones."""

    def __init__(self, config: Any, where: str) -> None:
        self.names = frozenset(names(config, where))
        if not self.names:
            raise ConfigError(f"{where}: at least one label is required")

    def __call__(self, entry: Entry) -> None:
        """Remove."""
        for name in entry.labels.keys() - self.names:
            del entry.labels[name]


def _lower(text: str) -> str:
    # Go changes rune by rune: no character becomes two, and no sigma looks at its neighbours.
    return "".join("i" if sign == "İ" else lowered if len(lowered := sign.lower()) == 1 else sign for sign in text)


def _sources(config: Any, where: str) -> dict[str, str]:
    sources = name_map(config, where)
    for name in sources:
        if not _LABEL.fullmatch(name):
            raise ConfigError(f"{where}: `{name}` is not a label name")
    return sources


def _usable(entry: Entry, source: str) -> str | None:
    text = as_text(entry.extracted.get(source))
    return text if text is not None and is_utf8(text) else None
