"""A dashboard file: what it draws, and which datasources it needs.

Its text form in examples is YAML with the keys of Grafana's JSON; `provisioned_datasources` beside them names the
datasources that are provisioned with it, as uids or as mappings.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from stack.records.dashboards.datasource import ProvisionedDatasource
from stack.records.dashboards.panel import (
    Annotation,
    Datasource,
    Link,
    Panel,
    Query,
    Variable,
    annotations_of,
    links_of,
    panels_of,
    variables_of,
)
from stack.records.dashboards.schemas import is_v2, of_rows, of_v2
from stack.text.plain_yaml import plain_yaml
from stack.text.typed import structure
from stack.text.view import View
from stack.text.yaml_text import MAX_DEPTH, dotted

ALWAYS_THERE = frozenset({"grafana", "-- Grafana --", "-- Mixed --", "-- Dashboard --", "__expr__", "-100", "default"})
"""Datasources that are part of Grafana itself, and the name of its default."""

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_EXPORTED = ("DS_", "VAR_")
_DEEPEST = 2 * MAX_DEPTH


@dataclass(frozen=True, slots=True)
class Place:
    """One query of a dashboard with what it belongs to: a panel, a variable or an annotation.

    `single` are the variables that have one value there.
    """

    name: str
    path: str
    expr: str
    datasource: Datasource
    panel: str | None = None
    single: tuple[str, ...] = ()
    query: Query | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a dashboard is deployed with: datasources, other dashboards, and the shortest scrape interval in seconds.

    `datasources` is None where it is not known what is provisioned. `same_uid`, `same_title` are the other files with
    its uid, or with its title in the same folder. `uids` and `tags` are those of all dashboards.
    """

    datasources: tuple[ProvisionedDatasource, ...] | None = None
    scrape_interval_s: float | None = None
    same_uid: tuple[str, ...] = ()
    same_title: tuple[str, ...] = ()
    uids: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard file.

    `problem` is why the file cannot be read; everything else is empty then. `mistakes` are its values of a wrong type.
    `schema` is `classic`, `rows` (before 2018) or `v2`. `time_from` is the start of the time range that it opens with
    (`now-1h`). `placeholders` are the names that an export for sharing left to be filled in, each with the places.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("dashboard",)

    file: str
    uid: str = ""
    title: str = ""
    schema: str = "classic"
    tags: tuple[str, ...] = ()
    panels: tuple[Panel, ...] = ()
    variables: tuple[Variable, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    links: tuple[Link, ...] = ()
    time_from: str = "now-6h"
    refresh: str = ""
    placeholders: tuple[tuple[str, tuple[str, ...]], ...] = ()
    mistakes: tuple[str, ...] = ()
    problem: str | None = None
    around: Surroundings = Surroundings()

    @property
    def subject(self) -> str:
        """How reports name it: its uid, else the name of its file."""
        return self.uid or self.file.rpartition("/")[2].removesuffix(".json")

    @property
    def nothing_to_judge(self) -> str:
        """Why no rule passes on it: it cannot be read, or has nothing in it."""
        if self.problem:
            return f"{self.file} cannot be read"
        return "" if self.panels or self.variables or self.annotations else f"{self.file} has no panel"

    def queries(self) -> Iterator[Place]:
        """Every query: of panels, then of variables, then of annotations."""
        for panel in self.panels:
            for query in panel.queries:
                name = f"query {query.ref_id} of panel `{panel.name}`"
                yield Place(name, query.path, query.expr, query.datasource, panel.name, panel.single, query)
        for variable in self.variables:
            if variable.type in ("query", "adhoc", "groupby"):
                yield Place(f"variable `{variable.name}`", variable.path, variable.query, variable.datasource)
        for one in self.annotations:
            yield Place(f"annotation `{one.name}`", one.path, one.expr, one.datasource)

    def datasource_type(self, datasource: Datasource) -> str:
        """The type of a datasource (`prometheus`), as far as the file and what is provisioned tell; else empty."""
        name = (datasource.uid or "").strip("${}[]").partition(":")[0]
        for variable in self.variables:
            if variable.name == name and variable.type == "datasource":
                return variable.query
        for provisioned in self.around.datasources or ():
            default = provisioned.default and not name and not datasource.type
            if default or name in (provisioned.uid, provisioned.name):
                return provisioned.type
        return datasource.type

    def at(self, path: str) -> str:
        """The file and a place in it, as findings show it."""
        return f"{self.file}#{path}" if path else self.file

    def within(self, around: Surroundings) -> Self:
        """The same with what it is deployed with."""
        return replace(self, around=around)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form; raises yaml.YAMLError where it is neither JSON nor YAML."""
        body = plain_yaml(text)
        found = cls.of(body, "dashboard.json")
        extra = body if isinstance(body, dict) else {}
        sources = extra.get("provisioned_datasources")
        return found.within(
            Surroundings(
                None if sources is None else tuple(map(_provisioned, sources)),
                extra.get("scrape_interval_s"),
                tuple(extra.get("same_uid", ())),
                tuple(extra.get("same_title", ())),
                frozenset(extra.get("other_uids", ())),
                frozenset(extra.get("other_tags", ())),
            )
        )

    @classmethod
    def read(cls, text: str, file: str) -> Self:
        """Read a dashboard file, which is JSON; what is wrong with it becomes its `problem`."""
        try:
            return cls.of(json.loads(text), file)
        except json.JSONDecodeError as broken:
            return cls(file, problem=f"line {broken.lineno}: not JSON: {broken.msg}")
        except (RecursionError, ValueError):  # a number of more than 4300 digits is a ValueError
            return cls(file, problem="nested too deeply, or with numbers too long, to be a dashboard")

    @classmethod
    def of(cls, body: Any, file: str) -> Self:
        """Read a dashboard from plain data, as Grafana's API and files hold it; never raises for what it holds."""
        if not isinstance(body, dict):
            return cls(file, problem=f"expected an object, found {type(body).__name__}")
        if "dashboard" in body and "panels" not in body:
            return cls(file, problem="it is wrapped in `dashboard`, as the API has it; a file holds the inner object")
        texts = list(_texts(body))
        original = View(body)
        schema = "v2" if is_v2(body) else "rows" if body.get("rows") and not body.get("panels") else "classic"
        converted = body
        if schema == "v2":
            converted = of_v2(original)
        elif schema == "rows":
            converted = {**body, "panels": list(of_rows(original))}
        root = View(converted, (), original.mistakes)
        variables = tuple(variables_of(root["templating"]["list"]))
        annotations = root["annotations"]
        return cls(
            file=file,
            uid=root["uid"].text(),
            title=root["title"].text(),
            schema=schema,
            tags=root["tags"].texts(),
            panels=tuple(panels_of(root["panels"])),
            variables=variables,
            annotations=tuple(annotations_of(annotations["list"])),
            links=tuple(links_of(root["links"])),
            time_from=root["time"]["from"].text() or "now-6h",
            refresh=root["refresh"].text() if root["refresh"].is_a(str) else "",
            placeholders=_placeholders(texts, root["__inputs"], {variable.name for variable in variables}),
            mistakes=tuple(map(str, original.mistakes)),
        )


def _placeholders(
    texts: Iterable[tuple[tuple[str | int, ...], str]], inputs: View, variables: set[str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    asked = {item["name"].text() for item in inputs.items()} if inputs.is_a(list) else set()
    found: dict[str, dict[str, None]] = {}
    for path, text in texts:
        if path[:1] != ("__inputs",):
            for name in _PLACEHOLDER.findall(text):
                if name not in variables and (name in asked or name.startswith(_EXPORTED)):
                    found.setdefault(name, {})[dotted(path)] = None
    return tuple((name, tuple(paths)) for name, paths in found.items())


def _texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if len(path) > _DEEPEST:
        return
    if isinstance(value, str):
        yield path, value
    items: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        # Grafana knows a reference to its own expressions by the type, whatever uid it has.
        items = [(key, item) for key, item in value.items() if key != "uid" or value.get("type") != "__expr__"]
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        yield from _texts(item, (*path, key))


def _provisioned(source: Any) -> ProvisionedDatasource:
    """A datasource of an example: a uid that is its type, too, or a mapping."""
    if isinstance(source, str):
        return ProvisionedDatasource(source.title(), source, source)
    return structure(source, ProvisionedDatasource)
