"""The parts of a dashboard that query data: queries, panels, variables, annotations, and the datasources they name.

Source: https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stack.text.view import View

GRID_COLUMNS = 24
"""Columns of the grid that panels are laid on; `Panel.width` counts them."""

PATH = "__path"
"""Where the readers of other schemas note the path that a converted part has in the file."""


@dataclass(frozen=True, slots=True)
class Datasource:
    """A reference to a datasource; `uid` is None where the file names none, so that Grafana takes its default.

    `by_name`: it is a bare text, which may be a name as well as a uid.
    """

    uid: str | None
    type: str = ""
    by_name: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel.

    `min_interval` is the smallest step, its own or the panel's; `model` is the query as it is in the file,
    which is what Grafana's API takes. `path` is its place in the file.
    """

    ref_id: str
    expr: str
    datasource: Datasource
    instant: bool = False
    min_interval: str = ""
    model: Mapping[str, Any] = field(default_factory=dict, repr=False)
    path: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a dashboard, a panel or a value; `type` is `dashboards` for one that lists dashboards by `tags`."""

    title: str
    url: str
    path: str
    type: str = "link"
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel that draws something; rows are left out.

    `x`, `width` are in columns of the grid, `y`, `height` in its rows; all are 0 where the file has no position.
    `no_value` is the text that the panel shows where a query finds nothing, None where it has none. `time_from` is a
    time range of its own (`24h`), empty for the dashboard's. `single` are the variables that have one value here,
    because they repeat the panel or its row. `collapsed` is the path of the collapsed row that holds it, if one does.
    """

    id: int
    title: str
    type: str
    queries: tuple[Query, ...]
    width: int = GRID_COLUMNS
    no_value: str | None = None
    time_from: str = ""
    description: str = ""
    unit: str = ""
    x: int = 0
    y: int = 0
    height: int = 0
    single: tuple[str, ...] = ()
    collapsed: str = ""
    mapped: bool = False
    """Whether texts are shown in place of the values, so that a unit says nothing."""
    library: bool = False
    hidden_queries: int = 0
    links: tuple[Link, ...] = ()
    path: str = ""
    model: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The panel as it is in the file, of another schema in the shape of the classic one."""

    @property
    def name(self) -> str:
        """How findings name it: its title, else its number."""
        return self.title or f"panel {self.id}"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a dashboard.

    `query` is the query text of a `query` variable, the list of a `custom` one, the value of a `constant`.
    `current` are the chosen values as saved, `all_value` the value of `All` if the file sets one. `refresh` is when
    its values are queried: 0 never, 1 when the dashboard is opened, 2 when the time range changes.
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
    refresh: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One query of annotations; `expr` is empty for those that Grafana keeps itself."""

    name: str
    datasource: Datasource
    expr: str = ""
    enabled: bool = True
    path: str = ""
    model: Mapping[str, Any] = field(default_factory=dict, repr=False)


def panels_of(panels: View, single: tuple[str, ...] = (), collapsed: str = "") -> Iterator[Panel]:
    """Every panel of a list of panels, those inside collapsed rows included.

    A row that is repeated repeats the panels inside it, or those up to the next row where it is not collapsed.
    """
    of_row: tuple[str, ...] = ()
    for body in panels.objects():
        if body["type"].value == "row":
            of_row = body["repeat"].texts()
            yield from panels_of(body["panels"], (*single, *of_row), place_of(body))
        else:
            yield _panel(body, (*single, *of_row), collapsed)


def variables_of(variables: View) -> Iterator[Variable]:
    """The variables of `templating.list`."""
    for body in variables.objects():
        current = body["current"]
        yield Variable(
            name=body["name"].text(),
            type=body["type"].text(),
            query=_query_text(body["query"]) or body["definition"].text(),
            datasource=reference(body["datasource"]),
            regex=body["regex"].text(),
            multi=body["multi"].flag(),
            include_all=body["includeAll"].flag(),
            all_value=body["allValue"].text(),
            current=_chosen(current.value),
            refresh=body["refresh"].whole() if not body["refresh"].is_a(bool) else int(body["refresh"].value),
            path=place_of(body),
        )


def annotations_of(annotations: View) -> Iterator[Annotation]:
    """The queries of `annotations.list`."""
    for body in annotations.objects():
        target = body["target"]
        yield Annotation(
            name=body["name"].text(),
            datasource=reference(body["datasource"]),
            expr=body["expr"].text() or (target["expr"].text() if target.is_a(dict) else ""),
            enabled=body["enable"].value is not False,
            path=place_of(body),
            model=body.object(),
        )


def links_of(links: View) -> Iterator[Link]:
    """The links of a list of them."""
    for body in links.objects():
        yield Link(
            title=body["title"].text(),
            url=body["url"].text(),
            path=place_of(body),
            type=body["type"].text() or "link",
            tags=body["tags"].texts(),
        )


def reference(value: View) -> Datasource:
    """A `datasource` key: a mapping with a uid, or a bare name as in old files."""
    if value.is_a(str):
        return Datasource(value.text() or None, by_name=True)
    return Datasource(value["uid"].text() or None, value["type"].text())


def place_of(body: View) -> str:
    """Where a part stands in the file, also where it was converted from another schema."""
    return str(body.object().get(PATH) or body.place)


def _panel(body: View, single: tuple[str, ...], collapsed: str) -> Panel:
    own = reference(body["datasource"])
    defaults = body["fieldConfig"]["defaults"]
    position = body["gridPos"]
    no_value = defaults["noValue"].value
    return Panel(
        id=body["id"].whole(),
        title=body["title"].text(),
        type=body["type"].text(),
        queries=tuple(
            _query(target, own, body["interval"].text(), place_of(body))
            for target in body["targets"].objects()
            if target["hide"].value is not True
        ),
        width=position["w"].whole(GRID_COLUMNS) or GRID_COLUMNS,
        no_value=None if no_value in (None, "") else str(no_value),
        time_from=body["timeFrom"].text(),
        description=body["description"].text(),
        unit=defaults["unit"].text() or _old_unit(body),
        x=position["x"].whole(),
        y=position["y"].whole(),
        height=position["h"].whole(),
        single=(*single, *body["repeat"].texts()),
        collapsed=collapsed,
        mapped=bool(defaults["mappings"] or body["valueMaps"]),
        library=bool(body["libraryPanel"]),
        hidden_queries=sum(target["hide"].value is True for target in body["targets"].objects()),
        links=(*links_of(body["links"]), *links_of(defaults["links"])),
        path=place_of(body),
        model=body.object(),
    )


def _old_unit(body: View) -> str:
    """The unit of the panels `graph` and `singlestat`, which Grafana converts when it loads them."""
    axes = body["yaxes"].items() if body["yaxes"].is_a(list) else []
    return body["format"].text() if body["format"].is_a(str) else axes[0]["format"].text() if axes else ""


def _query(body: View, of_panel: Datasource, interval: str, panel: str) -> Query:
    own = reference(body["datasource"])
    return Query(
        ref_id=body["refId"].text() or "A",
        expr=body["expr"].text(),
        datasource=own if own.uid or own.type else of_panel,
        instant=body["queryType"].value == "instant"
        or (body["instant"].value is True and body["range"].value is not True),
        min_interval=body["interval"].text() or interval,
        model=body.object(),
        path=str(body.object().get(PATH) or f"{panel}.targets[{body.path[-1]}]"),
    )


def _query_text(query: View) -> str:
    """A variable's query: text, or a mapping whose keys depend on the datasource's editor."""
    if not query.is_a(dict):
        return query.text()
    if query["query"]:
        return query["query"].text()
    label, stream = query["label"].text(), query["stream"].text()  # Loki's editor
    if not label:
        return ""
    return f"label_values({stream}, {label})" if stream else f"label_values({label})"


def _chosen(current: Any) -> tuple[str, ...]:
    """The saved choice, of which Grafana forgives any shape: it chooses anew where it cannot read it."""
    value = current.get("value") if isinstance(current, dict) else None
    listed = value if isinstance(value, list) else [value]
    return tuple(str(one) for one in listed if isinstance(one, str | int | float) and one != "")


def variables_in(variables: Sequence[Variable]) -> dict[str, Variable]:
    """The variables by name."""
    return {variable.name: variable for variable in variables}
