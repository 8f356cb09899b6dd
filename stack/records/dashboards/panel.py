"""The parts of a dashboard that query data: queries, panels, variables, and the datasources they name.

Source: https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

GRID_COLUMNS = 24
"""Columns of the grid that panels are laid on; `Panel.width` counts them."""


@dataclass(frozen=True, slots=True)
class Datasource:
    """A reference to a datasource; `uid` is None where the file names none, so that Grafana takes its default."""

    uid: str | None
    type: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel.

    `min_interval` is the smallest step, its own or the panel's; `model` is the query as it is in the file,
    which is what Grafana's API takes.
    """

    ref_id: str
    expr: str
    datasource: Datasource
    instant: bool = False
    min_interval: str = ""
    model: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel that draws something; rows are left out.

    `width` is in columns of the grid. `no_value` is the text that the panel shows where a query finds nothing, None
    where it has none. `time_from` is a time range of its own (`24h`), empty for the dashboard's.
    """

    id: int
    title: str
    type: str
    queries: tuple[Query, ...]
    width: int = GRID_COLUMNS
    no_value: str | None = None
    time_from: str = ""

    @property
    def name(self) -> str:
        """How findings name it: its title, else its number."""
        return self.title or f"panel {self.id}"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a dashboard.

    `query` is the query text of a `query` variable, the list of a `custom` one, the value of a `constant`.
    `current` are the chosen values as saved, `all_value` the value of `All` if the file sets one.
    """

    name: str
    type: str
    query: str
    datasource: Datasource
    regex: str = ""
    multi: bool = False
    include_all: bool = False
    all_value: str = ""
    current: tuple[str, ...] = ()


def panels_of(value: Any) -> Iterator[Panel]:
    """Every panel of a list of panels, those inside collapsed rows included."""
    for body in _mappings(value):
        if body.get("type") == "row":
            yield from panels_of(body.get("panels"))
        else:
            yield _panel(body)


def variables_of(value: Any) -> Iterator[Variable]:
    """The variables of `templating.list`."""
    for body in _mappings(value):
        query = body.get("query")
        yield Variable(
            name=str(body.get("name") or ""),
            type=str(body.get("type") or ""),
            query=_query_text(query) or str(body.get("definition") or ""),
            datasource=reference(body.get("datasource")),
            regex=str(body.get("regex") or ""),
            multi=body.get("multi") is True,
            include_all=body.get("includeAll") is True,
            all_value=str(body.get("allValue") or ""),
            current=_texts(_mapping(body.get("current")).get("value")),
        )


def reference(value: Any) -> Datasource:
    """A `datasource` key: a mapping with a uid, or a bare name as in old files."""
    if isinstance(value, str) and value:
        return Datasource(value)
    body = _mapping(value)
    return Datasource(str(body["uid"]) if body.get("uid") else None, str(body.get("type") or ""))


def _panel(body: Mapping[str, Any]) -> Panel:
    own = reference(body.get("datasource"))
    no_value = _mapping(_mapping(body.get("fieldConfig")).get("defaults")).get("noValue")
    return Panel(
        id=_number(body.get("id"), 0),
        title=str(body.get("title") or ""),
        type=str(body.get("type") or ""),
        queries=tuple(
            _query(one, own, str(body.get("interval") or ""))
            for one in _mappings(body.get("targets"))
            if one.get("hide") is not True
        ),
        width=_number(_mapping(body.get("gridPos")).get("w"), GRID_COLUMNS) or GRID_COLUMNS,
        no_value=str(no_value) if no_value else None,
        time_from=str(body.get("timeFrom") or ""),
    )


def _query(body: Mapping[str, Any], of_panel: Datasource, interval: str) -> Query:
    own = reference(body.get("datasource"))
    return Query(
        ref_id=str(body.get("refId") or "A"),
        expr=str(body.get("expr") or ""),
        datasource=own if own.uid else of_panel,
        instant=body.get("queryType") == "instant" or (body.get("instant") is True and body.get("range") is not True),
        min_interval=str(body.get("interval") or interval),
        model=body,
    )


def _query_text(query: Any) -> str:
    """A variable's query: text, or a mapping whose keys depend on the datasource's editor."""
    if not isinstance(query, Mapping):
        return str(query or "")
    if query.get("query"):
        return str(query["query"])
    label, stream = str(query.get("label") or ""), str(query.get("stream") or "")  # Loki's editor
    if not label:
        return ""
    return f"label_values({stream}, {label})" if stream else f"label_values({label})"


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: Any) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)


def _number(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
