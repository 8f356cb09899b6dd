"""Promtail's pipeline, as far as it is known here: an entry goes through the stages in order, or is dropped on the way.

Known: drop, json, labelallow, labeldrop, labels, match, output, regex, static_labels, structured_metadata, template,
timestamp. Everything else raises `NotSimulated`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stack.embedded.entry import Entry
from stack.embedded.extraction import Json, Output, Regex, TemplateStage, Timestamp
from stack.embedded.labelling import Drop, LabelAllow, LabelDrop, Labels, StaticLabels, StructuredMetadata
from stack.embedded.refusal import ConfigError, NotSimulated
from stack.embedded.selector import parse_selector
from stack.embedded.settings import Settings

Stage = Callable[[Entry], bool]
"""Changes the entry; False drops it."""


class Pipeline:
    """The stages of one scrape job, or of a `match` stage."""

    def __init__(self, stages: Any, where: str) -> None:
        if not isinstance(stages, list):
            raise ConfigError(f"{where}: a list of stages is expected")
        self.stages: list[Stage] = [_stage(stage, f"{where}[{number}]") for number, stage in enumerate(stages)]

    def __call__(self, entry: Entry) -> bool:
        """Run all stages; False as soon as one drops the entry."""
        entry.extracted.update(entry.labels)
        return all(stage(entry) for stage in self.stages)


class Match:
    """Run further stages on the entries that a selector selects, or drop those."""

    def __init__(self, config: Any, where: str) -> None:
        settings = Settings(config, where, "selector stages action pipeline_name drop_counter_reason")
        self.selector = parse_selector(settings.text("selector"), where)
        action = settings.optional("action") or "keep"
        stages = settings.raw("stages") or []
        if action not in {"keep", "drop"}:
            raise ConfigError(f"{where}: `action` is keep or drop, found `{action}`")
        if (action == "drop") == bool(stages):
            raise ConfigError(f"{where}: `stages` are required to keep and excluded to drop")
        self.pipeline = Pipeline(stages, f"{where}.stages") if stages else None

    def __call__(self, entry: Entry) -> bool:
        """Run the stages on a selected entry; False drops it."""
        if not self.selector.selects(entry.labels, entry.line):
            return True
        return self.pipeline is not None and self.pipeline(entry)


_STAGES: dict[str, Callable[[Any, str], Stage]] = {
    "drop": Drop,
    "json": Json,
    "labelallow": LabelAllow,
    "labeldrop": LabelDrop,
    "labels": Labels,
    "match": Match,
    "output": Output,
    "regex": Regex,
    "static_labels": StaticLabels,
    "structured_metadata": StructuredMetadata,
    "template": TemplateStage,
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
