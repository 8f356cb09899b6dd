"""Alerting in the running stack: rules compared with their files, links to Alertmanager, and the routes of alerts."""

from dataclasses import dataclass
from typing import ClassVar, Self

from stack.records.alerts.labels import LabelMatcher, parse_matchers
from stack.text.plain_yaml import plain_yaml
from stack.text.typed import FromYaml, structure

RuleKey = tuple[str, str]
"""Group and name of a rule."""


@dataclass(frozen=True, slots=True)
class LoadedRule:
    """One rule in the server: `error` is why it cannot be evaluated, empty where it can.

    `evaluated` is False for a rule that has not been evaluated yet; its `error` is then that of its expression, sent
    as a query. `alerting` is False for one that records a series. `renamed` pairs each metric of its expression that
    the server does not have with the one that has taken its place, by its name. `unfed` are the selectors of its
    expression of which there is no series; `sought` is whether any of its series was looked for.
    """

    group: str
    name: str
    error: str = ""
    evaluated: bool = True
    alerting: bool = True
    renamed: tuple[tuple[str, str], ...] = ()
    unfed: tuple[str, ...] = ()
    sought: bool = True


@dataclass(frozen=True, slots=True)
class LoadedRules:
    """The rules of the server, Prometheus or Loki's ruler, and those of its files, each with the file that holds it.

    `changed` are rules of both that differ: file, name, and what differs. `has_series` is False for a Prometheus that
    has no series yet.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("prometheus", "loki")

    loaded: tuple[LoadedRule, ...]
    files: tuple[tuple[str, RuleKey], ...]
    changed: tuple[tuple[str, str, str], ...] = ()
    server: str = "Prometheus"
    has_series: bool = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read YAML: `loaded`, a list of rules, `files`, a mapping of file to `group/name` texts, and `changed`."""
        data = plain_yaml(text)
        files = tuple((file, _key(name)) for file, names in data.get("files", {}).items() for name in names)
        return structure({**data, "files": files}, cls)


def _key(text: str) -> RuleKey:
    group, _, name = text.partition("/")
    return group, name


@dataclass(frozen=True, slots=True)
class AlertmanagerLink(FromYaml):
    """One Alertmanager that Prometheus uses, by its URL.

    `problem` is why it does not answer, `UNSEEN` where that cannot be seen from here. `delivered`: notifications were
    sent to it within the window, and none failed.
    """

    UNSEEN: ClassVar[str] = "it cannot be reached from here"
    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("prometheus",)

    url: str
    problem: str = ""
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """One active silence: its matchers, how long it lasts from now (seconds), and who made it."""

    matchers: tuple[LabelMatcher, ...]
    lasts_s: float
    author: str = ""


@dataclass(frozen=True, slots=True)
class Silences:
    """The active silences of the running Alertmanager."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("alertmanager",)

    active: tuple[Silence, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read YAML: `active`, a list with `matchers` as Alertmanager writes them, `lasts_s` and `author`."""
        data = plain_yaml(text)
        return cls(
            tuple(
                Silence(parse_matchers(one["matchers"]), one.get("lasts_s", 3600.0), one.get("author", ""))
                for one in data["active"]
            )
        )


@dataclass(frozen=True, slots=True)
class AlertmanagerDiscovery(FromYaml):
    """The Alertmanagers that Prometheus uses, by URL, and those that it found and does not use."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("prometheus",)

    active: tuple[str, ...]
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertRouting(FromYaml):
    """The receivers of an alert: those that the file names for it, and those that the running Alertmanager chooses."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("alertmanager",)

    alert: str
    expected: tuple[str, ...]
    actual: tuple[str, ...]
    file: str = "alertmanager/alertmanager.yml"
