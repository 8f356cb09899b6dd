"""Promtail's pipeline, as far as the shipped configuration uses it; every other stage raises `NotSimulated`."""

from collections.abc import Callable
from typing import Any

from stack.embedded.entry import Entry
from stack.embedded.refusal import ConfigError, NotSimulated
from stack.embedded.selector import parse_selector
from stack.embedded.settings import Settings
from stack.embedded.stages import (
    Json,
    LabelAllow,
    Labels,
    Logfmt,
    Regex,
    StaticLabels,
    StructuredMetadata,
    Template,
    Timestamp,
)

Stage = Callable[[Entry], None]


class Pipeline:
    """The stages of one scrape job, or of a `match` stage."""

    def __init__(self, stages: Any, where: str) -> None:
        if not isinstance(stages, list):
            raise ConfigError(f"{where}: a list of stages is expected")
        self.stages: list[Stage] = [_stage(stage, f"{where}[{number}]") for number, stage in enumerate(stages)]

    def __call__(self, entry: Entry) -> None:
        """Run all stages."""
        entry.extracted.update(entry.labels)
        for stage in self.stages:
            stage(entry)


class Match:
    """Run further stages on the entries that a selector selects."""

    def __init__(self, config: Any, where: str) -> None:
        settings = Settings(config, where, "selector stages")
        self.selector = parse_selector(settings.text("selector"), where)
        if not settings.raw("stages"):
            raise ConfigError(f"{where}: `stages` are required")
        self.pipeline = Pipeline(settings.raw("stages"), f"{where}.stages")

    def __call__(self, entry: Entry) -> None:
        """Run the stages on a selected entry."""
        if self.selector.selects(entry.labels, entry.line):
            self.pipeline(entry)


_STAGES: dict[str, Callable[[Any, str], Stage]] = {
    "json": Json,
    "labelallow": LabelAllow,
    "labels": Labels,
    "logfmt": Logfmt,
    "match": Match,
    "regex": Regex,
    "static_labels": StaticLabels,
    "structured_metadata": StructuredMetadata,
    "template": Template,
    "timestamp": Timestamp,
}

KNOWN_STAGES = frozenset(_STAGES)
"""The names of the stages that are simulated."""


def _stage(written: Any, where: str) -> Stage:
    if not isinstance(written, dict) or len(written) != 1:
        raise ConfigError(f"{where}: a stage is a mapping with one key, its name")
    [(name, config)] = written.items()
    if name not in _STAGES:
        raise NotSimulated(f"{where}: stage `{name}`")
    return _STAGES[name](config, f"{where}.{name}")
