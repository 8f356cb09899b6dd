"""The recording and alerting rules that the running Prometheus has, beside those of its files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import yaml

RuleKey = tuple[str, str]
"""Group and name of a rule."""


@dataclass(frozen=True, slots=True)
class LoadedRule:
    """One rule in the server: `error` says why it cannot be evaluated, empty where it can.

    `evaluated` is False for a rule whose turn has not come yet; its `error` is then the answer to its expression,
    asked as a query.
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
        return cls(tuple(LoadedRule(**rule) for rule in data["loaded"]), files)


def _key(text: str) -> RuleKey:
    group, _, name = text.partition("/")
    return group, name
