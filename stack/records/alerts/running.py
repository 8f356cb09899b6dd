"""Alerting in the running Prometheus: its rules compared with its files, and the Alertmanagers it sends alerts to."""

from dataclasses import dataclass
from typing import ClassVar, Self

import yaml

from stack.text.typed import FromYaml, structure

RuleKey = tuple[str, str]
"""Group and name of a rule."""


@dataclass(frozen=True, slots=True)
class LoadedRule:
    """One rule in the server: `error` is why it cannot be evaluated, empty where it can.

    `evaluated` is False for a rule that has not been evaluated yet; its `error` is then that of its expression, sent
    as a query.
    """

    group: str
    name: str
    error: str = ""
    evaluated: bool = True


@dataclass(frozen=True, slots=True)
class LoadedRules:
    """The rules of the server, and those of its files, each of the latter with the file that holds it."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("prometheus",)

    loaded: tuple[LoadedRule, ...]
    files: tuple[tuple[str, RuleKey], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read YAML: `loaded`, a list of rules, and `files`, a mapping of file to `group/name` texts."""
        data = yaml.safe_load(text)
        files = tuple((file, _key(name)) for file, names in data.get("files", {}).items() for name in names)
        return structure({**data, "files": files}, cls)


def _key(text: str) -> RuleKey:
    group, _, name = text.partition("/")
    return group, name


@dataclass(frozen=True, slots=True)
class AlertmanagerDiscovery(FromYaml):
    """The Alertmanagers that Prometheus uses, by URL, and those that it found and does not use."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("prometheus",)

    active: tuple[str, ...]
    dropped: tuple[str, ...] = ()
