"""Stages that read a line: `json`, `regex`, `template`, `timestamp`, `output`.

Source: https://grafana.com/docs/loki/latest/send-data/promtail/stages/
"""

from __future__ import annotations

import zoneinfo
from typing import Any

from stack.embedded import json_values
from stack.embedded.entry import Entry, is_utf8
from stack.embedded.go_regex import compile_go
from stack.embedded.go_template import Template, TemplateFailed
from stack.embedded.go_time import TimeError
from stack.embedded.jmespath import compile_path
from stack.embedded.json_values import as_text
from stack.embedded.refusal import ConfigError
from stack.embedded.settings import Settings, name_map
from stack.embedded.timestamps import parser


def _input(entry: Entry, source: str | None) -> str | None:
    """Return what a stage works on: the line, or the extracted value it is told to use, None where that is absent."""
    return entry.line if source is None else as_text(entry.extracted.get(source))


class Json:
    """Extract values by JMESPath; a line that is no JSON object passes untouched unless `drop_malformed`."""

    def __init__(self, config: Any, where: str) -> None:
        settings = Settings(config, where, "expressions source drop_malformed")
        self.source = settings.optional("source")
        self.drop_malformed = settings.flag("drop_malformed")
        expressions = name_map(settings.raw("expressions") or {}, where)
        if not expressions:
            raise ConfigError(f"{where}: `expressions` is required")
        self.searches = {name: compile_path(path, where) for name, path in expressions.items()}

    def __call__(self, entry: Entry) -> bool:
        """Extract; False drops the line."""
        text = _input(entry, self.source)
        if text is None:
            return True
        try:
            data = json_values.read_object(text)
        except json_values.Malformed:
            return not self.drop_malformed
        utf8 = is_utf8(text)
        for name, search in self.searches.items():
            entry.extracted[name] = json_values.extracted(search(data), utf8=utf8)
        return True


class Regex:
    """Extract the named groups of the first match."""

    def __init__(self, config: Any, where: str) -> None:
        settings = Settings(config, where, "expression source")
        self.source = settings.optional("source")
        self.pattern = compile_go(settings.text("expression"), where)

    def __call__(self, entry: Entry) -> bool:
        """Extract; never drops."""
        text = _input(entry, self.source)
        match = self.pattern.search(text) if text is not None else None
        if match:
            entry.extracted.update({name: value or "" for name, value in match.groupdict().items()})
        return True


class TemplateStage:
    """Compute an extracted value from the others; an empty result removes it."""

    def __init__(self, config: Any, where: str) -> None:
        settings = Settings(config, where, "source template")
        self.source = settings.text("source")
        self.template = Template(settings.optional("template") or "", where)

    def __call__(self, entry: Entry) -> bool:
        """Compute; never drops."""
        values = {name: text for name, value in entry.extracted.items() if (text := as_text(value)) is not None}
        if self.source in values:
            values["Value"] = values[self.source]
        values["Entry"] = entry.line
        try:
            text = self.template.render(values)
        except TemplateFailed:
            return True
        if text:
            entry.extracted[self.source] = text
        else:
            entry.extracted.pop(self.source, None)
        return True


class Timestamp:
    """Take the time from an extracted value; on failure follow the stream's last time by a nanosecond (`fudge`)."""

    def __init__(self, config: Any, where: str) -> None:
        settings = Settings(config, where, "source format fallback_formats location action_on_failure")
        self.source = settings.text("source")
        zone = _zone(settings.optional("location"), where)
        formats = [settings.text("format"), *settings.texts("fallback_formats")]
        self.parsers = [parser(format_, zone, where) for format_ in formats]
        action = settings.optional("action_on_failure") or "fudge"
        if action not in {"fudge", "skip"}:
            raise ConfigError(f"{where}: `action_on_failure` is fudge or skip, found `{action}`")
        self.fudge = action == "fudge"
        self.last: dict[frozenset[tuple[str, str]], int] = {}

    def __call__(self, entry: Entry) -> bool:
        """Set the time; never drops."""
        parsed = self._parse(as_text(entry.extracted.get(self.source)))
        if not self.fudge:
            entry.timestamp_ns = entry.timestamp_ns if parsed is None else parsed
            return True
        stream = frozenset(entry.labels.items())
        if parsed is None:
            if stream not in self.last:
                return True
            parsed = self.last[stream] + 1
        self.last[stream] = entry.timestamp_ns = parsed
        return True

    def _parse(self, text: str | None) -> int | None:
        for parse in self.parsers if text is not None else ():
            try:
                return parse(text or "")
            except TimeError:
                continue
        return None


class Output:
    """Replace the line by an extracted value."""

    def __init__(self, config: Any, where: str) -> None:
        self.source = Settings(config, where, "source").text("source")

    def __call__(self, entry: Entry) -> bool:
        """Replace; never drops."""
        text = as_text(entry.extracted.get(self.source))
        entry.line = entry.line if text is None else text
        return True


def _zone(location: str | None, where: str) -> zoneinfo.ZoneInfo | None:
    if location is None:
        return None
    try:
        return zoneinfo.ZoneInfo(location or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as unknown:
        raise ConfigError(f"{where}: `location: {location}` is not a time zone of this machine") from unknown
