"""A dashboard as its file has it.

The text form is the JSON of the file, or the same in YAML. Two keys describe its surroundings:
`provisioned_datasources` (list of uids) and `also_in` (other files with the same uid).
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import yaml

from stack.records.dashboards.panel import Datasource, Panel, Variable, panels_of, reference, variables_of

ALWAYS_THERE = frozenset({"grafana", "-- Grafana --", "-- Mixed --", "-- Dashboard --", "__expr__"})
"""Datasources that are part of Grafana itself."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard file.

    `problem` is why the file cannot be read; everything else is empty then. `time_from` is the start of the
    time range that it opens with (`now-1h`). `datasources` are the uids that are provisioned with it.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("dashboard",)

    file: str
    uid: str = ""
    title: str = ""
    panels: tuple[Panel, ...] = ()
    variables: tuple[Variable, ...] = ()
    annotations: tuple[tuple[str, Datasource], ...] = ()
    time_from: str = "now-6h"
    datasources: tuple[str, ...] = ()
    also_in: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def subject(self) -> str:
        """How reports name it: its uid, else the name of its file."""
        return self.uid or self.file.rpartition("/")[2].removesuffix(".json")

    def references(self) -> Iterator[tuple[str, Datasource]]:
        """Every place that needs a datasource, with the one it names; a query without one has its panel's."""
        for panel in self.panels:
            for query in panel.queries:
                yield f"query {query.ref_id} of panel `{panel.name}`", query.datasource
        for variable in self.variables:
            if variable.type in ("query", "adhoc"):
                yield f"variable `{variable.name}`", variable.datasource
        for name, datasource in self.annotations:
            yield f"annotation `{name}`", datasource

    def with_datasources(self, uids: Iterable[str]) -> Self:
        """The same with these provisioned datasources."""
        return replace(self, datasources=tuple(uids))

    def beside(self, files: Iterable[str]) -> Self:
        """The same with the other files that have its uid."""
        return replace(self, also_in=tuple(files))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form; raises yaml.YAMLError where it is neither JSON nor YAML."""
        return cls._of(yaml.safe_load(text), "dashboard.json")

    @classmethod
    def read(cls, text: str, file: str) -> Self:
        """Read a dashboard file, which is JSON; what is wrong with it becomes its `problem`."""
        try:
            return cls._of(json.loads(text), file)
        except json.JSONDecodeError as broken:
            return cls(file, problem=f"line {broken.lineno}: not JSON: {broken.msg}")
        except RecursionError:
            return cls(file, problem="nested too deeply to be a dashboard")

    @classmethod
    def _of(cls, body: Any, file: str) -> Self:
        if not isinstance(body, dict):
            return cls(file, problem=f"expected an object, found {type(body).__name__}")
        if "dashboard" in body and "panels" not in body:
            return cls(file, problem="it is wrapped in `dashboard`, as the API has it; a file holds the inner object")
        templating, annotations, time = (_section(body, name) for name in ("templating", "annotations", "time"))
        return cls(
            file=file,
            uid=str(body.get("uid") or ""),
            title=str(body.get("title") or ""),
            panels=tuple(panels_of(body.get("panels"))),
            variables=tuple(variables_of(templating.get("list"))),
            annotations=tuple(
                (str(item.get("name") or ""), reference(item.get("datasource")))
                for item in annotations.get("list") or ()
                if isinstance(item, dict)
            ),
            time_from=str(time.get("from") or "now-6h"),
            datasources=tuple(str(uid) for uid in body.get("provisioned_datasources") or ()),
            also_in=tuple(str(other) for other in body.get("also_in") or ()),
        )


def _section(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    return value if isinstance(value, dict) else {}
