"""Alertmanager's configuration: routes, receivers and inhibitions, and where an alert goes.

Source: https://prometheus.io/docs/alerting/latest/configuration/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from stack.records.alerts.accepted import refusals
from stack.records.alerts.labels import AlertLabels, LabelMatcher, all_match, parse_matchers
from stack.records.alerts.rules import AlertRule
from stack.text.view import View
from stack.text.yaml_text import ConfigError, YamlText, read_yaml

_SECTIONS = frozenset(
    {"global", "route", "receivers", "inhibit_rules", "templates", "time_intervals", "mute_time_intervals", "tracing"}
)
_ADDRESS = frozenset(
    {"url", "api_url", "webhook_url", "smarthost", "smtp_smarthost", "slack_api_url", "opsgenie_api_url"}
)


@dataclass(frozen=True, slots=True)
class Route:
    """One route with those below it; `receiver` is its own or inherited, `path` its place in the file."""

    receiver: str
    matchers: tuple[LabelMatcher, ...] = ()
    continues: bool = False
    routes: tuple[Route, ...] = ()
    path: str = "route"
    line: int | None = None
    repeat_interval: str = ""
    group_interval: str = ""
    muted: tuple[str, ...] = ()
    """The time intervals in which it does not notify, or outside of which."""

    @property
    def name(self) -> str:
        """How findings name it: by what it matches and where it leads."""
        return f"{shown(self.matchers)} → `{self.receiver}`"

    def walk(self, above: tuple[Route, ...] = ()) -> Iterator[tuple[tuple[Route, ...], Route]]:
        """Every route with those above it, itself first."""
        yield above, self
        for route in self.routes:
            yield from route.walk((*above, self))

    def taken_by(self, labels: AlertLabels) -> list[Route] | None:
        """The routes that an alert ends at, as Alertmanager walks them; None where that cannot be told."""
        found: list[Route] = []
        for route in self.routes:
            matches = all_match(route.matchers, labels)
            below = route.taken_by(labels) if matches else []
            if matches is None or below is None:
                return None
            if matches:
                found += below
                if not route.continues:
                    break
        return found or [self]


@dataclass(frozen=True, slots=True)
class Receiver:
    """One receiver: the kinds of its integrations (`webhook_configs`), the addresses and the templates in them.

    Both are with their lines, templates with their place, too: `receivers[1].slack_configs[0].title`.
    """

    name: str
    integrations: tuple[str, ...] = ()
    addresses: tuple[tuple[str, int | None], ...] = ()
    line: int | None = None
    templates: tuple[tuple[str, str, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Inhibition:
    """One inhibition: while an alert matches `source`, those that match `target` and are equal in labels are muted."""

    source: tuple[LabelMatcher, ...]
    target: tuple[LabelMatcher, ...]
    equal: tuple[str, ...] = ()
    line: int | None = None

    @property
    def name(self) -> str:
        """How findings name it."""
        return f"the inhibition of {shown(self.target)} by {shown(self.source)}"


@dataclass(frozen=True, slots=True)
class AlertmanagerConfig:
    """The file, and the alerts that are sent to it; `alerts` is None where the rule files are not known.

    `problems` are why Alertmanager refuses it, each with the line. `in_container`: addresses mean that container,
    None where that is not known.
    `template_paths` are its files of templates as it names them, `template_files` their names and texts, None where
    they were not found.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("alertmanager",)

    file: str
    route: Route | None = None
    receivers: tuple[Receiver, ...] = ()
    inhibitions: tuple[Inhibition, ...] = ()
    problems: tuple[tuple[int | None, str], ...] = ()
    alerts: tuple[AlertRule, ...] | None = None
    in_container: bool | None = True
    template_paths: tuple[str, ...] = ()
    template_files: tuple[tuple[str, str], ...] | None = None

    @property
    def nothing_to_judge(self) -> str:
        """Why no rule passes on it."""
        return "" if self.route is not None else f"{self.file} has no `route`"

    @property
    def silent(self) -> frozenset[str]:
        """The receivers that notify nobody."""
        return frozenset(receiver.name for receiver in self.receivers if not receiver.integrations)

    def within(self, alerts: tuple[AlertRule, ...] | None, *, in_container: bool | None = None) -> Self:
        """The same with the alerts that are sent to it, and whether it runs in a container."""
        return replace(self, alerts=alerts, in_container=in_container)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a file; beside Alertmanager's keys, `alerts` lists rules as texts, `local` says it is in no container.

        `local` without a value says that this is not known. `template_files` are files of templates by their names.

        Raises:
            ConfigError: the text is not YAML.

        """
        data = read_yaml(text).data
        rules = data.pop("alerts", None) if isinstance(data, dict) else None
        local = data.pop("local", False) if isinstance(data, dict) else False
        templates = data.pop("template_files", None) if isinstance(data, dict) else None
        alerts = None if rules is None else tuple(AlertRule.parse(str(rule)) for rule in rules)
        found = cls.of(YamlText(data, {}), "alertmanager.yml").within(
            alerts, in_container=None if local is None else not local
        )
        return found if templates is None else replace(found, template_files=tuple(templates.items()))

    @classmethod
    def read(cls, text: str, file: str) -> Self:
        """Read a file; never raises: what is wrong with it is in `problems`."""
        try:
            return cls.of(read_yaml(text), file)
        except ConfigError as broken:
            return cls(file, problems=((None, str(broken)),))

    @classmethod
    def of(cls, document: YamlText, file: str) -> Self:
        """Read a document; never raises for what it holds."""
        reader = _Reader(document)
        root = View(document.data)
        receivers = tuple(reader.receiver(one) for one in root["receivers"].objects())
        route = reader.route(root["route"], None) if root["route"].object() else None
        if route is None:
            reader.note(root["route"], "there is no `route`")
        inhibitions = tuple(reader.inhibition(one) for one in root["inhibit_rules"].objects())
        for key in root.object():
            if key not in _SECTIONS:
                reader.note(root[key], f"`{key}` is not a key that Alertmanager knows")
        names = [receiver.name for receiver in receivers]
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            reader.note(root["receivers"], f"two receivers have the name `{name}`")
        for _, one in route.walk() if route else ():
            if one.receiver not in names and root["receivers"].is_a(list):
                what = f"leads to `{one.receiver}`, which is not among the receivers"
                reader.problems.append((one.line, f"`{one.path}` {what if one.receiver else 'has no receiver'}"))
        for view, problem in refusals(root):
            reader.note(view, problem)
        reader.problems += [(document.line_of(mistake.path), str(mistake)) for mistake in root.mistakes]
        problems = tuple(dict.fromkeys(reader.problems))
        paths = root["templates"].texts()
        files = None if paths else ()
        return cls(file, route, receivers, inhibitions, problems, template_paths=paths, template_files=files)


class _Reader:
    def __init__(self, document: YamlText) -> None:
        self.document = document
        self.problems: list[tuple[int | None, str]] = []

    def note(self, view: View, message: str) -> None:
        self.problems.append((self.document.line_of(view.path), message))

    def route(self, view: View, above: Route | None) -> Route:
        matchers = self.matchers(view, "match", "match_re", "matchers")
        if above is None and matchers:
            self.note(view, "the first route has matchers; it has to take every alert")
        route = Route(
            receiver=view["receiver"].text() or (above.receiver if above else ""),
            matchers=matchers,
            continues=view["continue"].flag(),
            path=view.place,
            line=self.document.line(*view.path),
            repeat_interval=view["repeat_interval"].text() or (above.repeat_interval if above else ""),
            group_interval=view["group_interval"].text() or (above.group_interval if above else ""),
            muted=(*view["mute_time_intervals"].texts(), *view["active_time_intervals"].texts()),
        )
        return replace(route, routes=tuple(self.route(one, route) for one in view["routes"].objects()))

    def inhibition(self, view: View) -> Inhibition:
        return Inhibition(
            source=self.matchers(view, "source_match", "source_match_re", "source_matchers"),
            target=self.matchers(view, "target_match", "target_match_re", "target_matchers"),
            equal=view["equal"].texts(),
            line=self.document.line(*view.path),
        )

    def matchers(self, view: View, equal: str, pattern: str, texts: str) -> tuple[LabelMatcher, ...]:
        found = [LabelMatcher(name, "=", value.text()) for name, value in view[equal].fields()]
        found += [LabelMatcher(name, "=~", value.text()) for name, value in view[pattern].fields()]
        for text in view[texts].items():
            try:
                found += parse_matchers(text.text())
            except ValueError as wrong:
                self.note(text, str(wrong))
        for one in found:
            if one.sign in ("=~", "!~") and one.takes("") is None and not re.search(r"\\[QpPCz]|\[\[:", one.value):
                self.note(view[texts], f"`{one}` is no regular expression")
        return tuple(found)

    def receiver(self, view: View) -> Receiver:
        integrations = [
            (key, configs) for key, configs in view.fields() if key.endswith("_configs") and configs.is_a(list)
        ]
        addresses = [
            (value.text(), self.document.line_of(value.path))
            for _, configs in integrations
            for config in configs.objects()
            for key, value in config.fields()
            if key in _ADDRESS and value.is_a(str)
        ]
        kinds = tuple(key for key, configs in integrations if configs.value)
        line = self.document.line(*view.path)
        return Receiver(view["name"].text(), kinds, tuple(addresses), line, tuple(self.templates(view)))

    def templates(self, view: View) -> Iterator[tuple[str, str, int | None]]:
        if view.is_a(str) and "{{" in view.value:
            yield view.place, view.value, self.document.line_of(view.path)
        elif view.is_a(dict):
            for _, inner in view.fields():
                yield from self.templates(inner)
        elif view.is_a(list):
            for inner in view.items():
                yield from self.templates(inner)


def shown(matchers: tuple[LabelMatcher, ...]) -> str:
    """Matchers as findings show them."""
    return f"`{{{', '.join(map(str, matchers))}}}`" if matchers else "everything"


def looks_like_alertmanager(data: Any) -> bool:
    """Whether a document looks like Alertmanager's file."""
    return isinstance(data, dict) and "route" in data and "receivers" in data
