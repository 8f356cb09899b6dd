"""Rule files of Prometheus and of Loki's ruler: groups, alerting and recording rules, and what is wrong with them.

Source: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ and
https://grafana.com/docs/loki/latest/alert/
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, Self

from stack.records.alerts.labels import AlertLabels
from stack.records.queries import logql, promql
from stack.text.durations import seconds
from stack.text.view import View
from stack.text.yaml_text import ConfigError, YamlText, read_yaml

Language = Literal["promql", "logql"]

_GROUP_KEYS = frozenset({"name", "interval", "query_offset", "limit", "rules", "labels"})
_RULE_KEYS = frozenset({"record", "alert", "expr", "for", "keep_firing_for", "labels", "annotations"})
_CONTEXT = frozenset(
    [
        "language",
        "scrape_interval_s",
        "retention_s",
        "external_labels",
        "interval",
        "tested",
        "target_labels",
        "recorded",
        "promtool",
    ]
)
"""Keys that an example of one rule may have beside those of the rule."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What rules are evaluated with; None and empty where it is not known.

    `scrape_interval_s` is the shortest interval of any scrape, `retention_s` how long samples are kept. `target_labels`
    are those of the targets, which are all that the series of a scrape itself (`up`) have. `recorded` are the series
    that the rule files record.
    """

    scrape_interval_s: float | None = None
    retention_s: float | None = None
    external_labels: Mapping[str, str] = field(default_factory=dict)
    target_labels: frozenset[str] | None = None
    recorded: frozenset[str] = frozenset()


@dataclass(frozen=True)
class AlertRule:
    """One rule of a rule file: an alert, or with `record` the series that it records.

    `for_s` and the group's `interval_s` are in seconds; the latter is None where the group has none. `labels` hold
    those of the group, too. `tested` are what tests of rules expect of the alert: `fires`, `silent`, `absent`, None
    where no test was looked for. `promtool` is why promtool refuses an expression that is not known here, empty where
    it takes it, None where it was not asked or does not know it either.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("prometheus", "loki")

    name: str
    expr: str
    group: str = ""
    record: bool = False
    for_s: float = 0.0
    interval_s: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    language: Language = "promql"
    file: str = "rules.yml"
    line: int | None = None
    around: Surroundings = Surroundings()
    tested: frozenset[str] | None = None
    promtool: str | None = None

    @property
    def promql(self) -> promql.Parsed:
        """The expression as Prometheus reads it; nothing for a rule of Loki's."""
        return promql.parse(self.expr) if self.language == "promql" else promql.Parsed(unknown="this is LogQL")

    @property
    def logql(self) -> logql.LogQuery:
        """The expression as Loki reads it; nothing for a rule of Prometheus'."""
        return logql.parse(self.expr) if self.language == "logql" else logql.LogQuery(unknown="this is PromQL")

    @cached_property
    def alert_labels(self) -> AlertLabels:
        """The labels that the alert is sent with, as far as its rule tells."""
        own = {name: None if "{{" in value else value for name, value in self.labels.items()}
        external = dict(self.around.external_labels)
        tree = self.promql.tree
        found = promql.labels(tree) if tree is not None else promql.UNKNOWN
        names = [promql.metric(one) for one in promql.selectors(tree)]
        known = self.around.target_labels
        if known is not None and names and all(name == "up" or name.startswith("scrape_") for name in names):
            found = found if found.all else promql.Labels(found.has | known, all=True)
        present = {**dict.fromkeys(found.has), **external, **own, "alertname": self.name}
        return AlertLabels(present, closed=found.all)

    def text_labels(self) -> Iterator[tuple[str, str, str]]:
        """Every text that is a template: where it is, its name, the text."""
        yield from (("label", name, text) for name, text in self.labels.items())
        yield from (("annotation", name, text) for name, text in self.annotations.items())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one rule, as it is in a rule file; keys beside those of a rule say what it is evaluated with."""
        body = read_yaml(text).data
        rule = {key: value for key, value in body.items() if key not in _CONTEXT}
        found = RuleFile.of(YamlText({"groups": [{"name": "a", "rules": [rule]}]}, {}), "rules.yml").rules[0]
        targets = body.get("target_labels")
        around = Surroundings(
            body.get("scrape_interval_s"),
            body.get("retention_s"),
            body.get("external_labels", {}),
            None if targets is None else frozenset(targets),
            frozenset(body.get("recorded", ())),
        )
        tested = body.get("tested")
        return replace(  # type: ignore[return-value]  # AlertRule is never subclassed
            found,
            language=body.get("language", "promql"),
            interval_s=seconds(body.get("interval")),
            around=around,
            promtool=body.get("promtool"),
            tested=None if tested is None else frozenset(tested),
        )


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One rule file: its rules, and why Prometheus refuses it, each with the line.

    `groups` are the names of its groups with the number of their rules.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("prometheus", "loki")

    file: str
    rules: tuple[AlertRule, ...] = ()
    groups: tuple[tuple[str, int], ...] = ()
    problems: tuple[tuple[int | None, str], ...] = ()
    operator: bool = False
    """Whether it is the custom resource of Prometheus' operator, which Prometheus itself refuses."""

    @property
    def nothing_to_judge(self) -> str:
        """Why no rule passes on it: there is nothing in it."""
        return "" if self.rules or self.problems else f"{self.file} has no rules"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rule file; what is wrong with it is in `problems`."""
        return cls.read(text, "rules.yml")

    @classmethod
    def read(cls, text: str, file: str, language: Language = "promql") -> Self:
        """Read a rule file; never raises."""
        try:
            document = read_yaml(text)
        except ConfigError as broken:
            return cls(file, problems=((None, str(broken)),))
        return cls.of(document, file, language)

    @classmethod
    def of(cls, document: YamlText, file: str, language: Language = "promql") -> Self:
        """Read a document that is a rule file; never raises for what it holds."""
        # The custom resource of Prometheus' operator holds a rule file as its `spec`.
        operator = isinstance(document.data, dict) and document.data.get("kind") == "PrometheusRule"
        root = View(document.data)["spec"] if operator else View(document.data)
        if document.data is None:
            return cls(file)
        if is_list_of_rules(document.data):
            return cls(file, problems=((1, "the file is a list of rules, which belong into `groups`"),))
        groups = [_Group(view, file, document, language) for view in root["groups"].objects()]
        names = [group.name for group in groups]
        problems: list[tuple[int | None, str]] = []
        problems += [(document.line_of(mistake.path), str(mistake)) for mistake in root.mistakes]
        if isinstance(document.data, dict):
            problems += [] if operator else _unknown(document, root, frozenset({"groups"}))
        for group in groups:
            problems += group.problems
        doubled = dict.fromkeys(name for name in names if names.count(name) > 1)
        problems += [(None, f"two groups have the name `{name}`") for name in doubled]
        rules = tuple(rule for group in groups for rule in group.rules)
        counted = tuple((group.name, len(group.rules)) for group in groups)
        return cls(file, rules, counted, tuple(dict.fromkeys(problems)), operator)


class _Group:
    def __init__(self, view: View, file: str, document: YamlText, language: Language) -> None:
        self.view, self.file, self.document, self.language = view, file, document, language
        self.problems: list[tuple[int | None, str]] = _unknown(document, view, _GROUP_KEYS)
        self.name = view["name"].text()
        self.interval = self.duration(view["interval"])
        self.labels = {key: value.text() for key, value in view["labels"].fields()}
        self.rules = [self.rule(one) for one in view["rules"].objects()]
        if not self.name:
            self.problems.append((document.line_of(view.path), f"`{view.place}` has no name"))

    def rule(self, view: View) -> AlertRule:
        alert, record = view["alert"].text(), view["record"].text()
        name = alert or record
        line = self.document.line(*view.path)
        named = f"`{name}`" if bool(alert) != bool(record) else f"`{view.place}`"
        self.problems += _unknown(self.document, view, _RULE_KEYS)
        if bool(alert) == bool(record):
            what = "sets both `alert` and `record`" if alert else "has neither `alert` nor `record`"
            self.problems.append((line, f"{named} {what}"))
        if not view["expr"].text().strip():
            self.problems.append((line, f"{named} has no `expr`"))
        if record and not alert and re.search(r"[{}]", record):
            self.problems.append((line, f"{named} has braces in its name; matchers belong into `expr`"))
        for key in ("for", "keep_firing_for", "annotations") if record and not alert else ():
            if view[key].value is not None:
                self.problems.append((line, f"{named} is a recording rule, which takes no `{key}`"))
        labels = {key: value.text() for key, value in view["labels"].fields()}
        self.problems += [
            (line, f"{named} sets the label `{label}`, which is no name of a label")
            for label in labels
            if not label or label == "__name__"
        ]
        self.duration(view["keep_firing_for"])
        return AlertRule(
            name=name,
            expr=view["expr"].text(),
            group=self.name,
            record=bool(record) and not alert,
            for_s=self.duration(view["for"]) or 0.0,
            interval_s=self.interval,
            labels={**self.labels, **labels},
            annotations={key: value.text() for key, value in view["annotations"].fields()},
            language=self.language,
            file=self.file,
            line=line,
        )

    def duration(self, view: View) -> float | None:
        if view.value is None:
            return None
        text = view.text()
        found = seconds(text) if re.fullmatch(r"(\d+(ms|[smhdwy]))+|0", text) else None
        if found is None and not isinstance(view.value, dict | list):
            line = self.document.line_of(view.path)
            self.problems.append((line, f"`{view.place}` is `{text}`, which is no duration, such as `5m`"))
        return found


def _unknown(document: YamlText, view: View, known: frozenset[str]) -> list[tuple[int | None, str]]:
    body = view.value if isinstance(view.value, dict) else {}
    place = f"in `{view.place}`" if view.path else "at the top of the file"
    return [
        (document.line_of((*view.path, key)), f"`{key}` {place} is not a key that Prometheus knows")
        for key in body
        if key not in known
    ]


def looks_like_rules(data: Any) -> bool:
    """Whether a document looks like a rule file, or like the operator's resource that holds one."""
    return is_list_of_rules(data) or (
        isinstance(data, dict) and ("groups" in data or data.get("kind") == "PrometheusRule")
    )


def is_list_of_rules(data: Any) -> bool:
    """Whether a document is a list of rules, or of groups, without `groups` around it."""
    keys = (
        [one.keys() & {"alert", "record", "rules"} for one in data if isinstance(one, dict)]
        if isinstance(data, list)
        else []
    )
    return bool(keys) and all(keys) and len(keys) == len(data)
