"""Dashboards of other schemas in the shape of the classic one: the `rows` of old files, and v2.

Each converted part keeps the path that it has in its file, under the key `PATH`.

Source: https://grafana.com/docs/grafana/latest/as-code/observability-as-code/schema-v2/
"""

from collections.abc import Iterator
from typing import Any

from stack.records.dashboards.panel import PATH
from stack.text.view import View

_REFRESH = {"never": 0, "onDashboardLoad": 1, "onTimeRangeChanged": 2}


def of_rows(dashboard: View) -> Iterator[dict[str, Any]]:
    """The panels of a file from before 2018, whose rows hold panels of a twelfth of the width each `span`."""
    for row in dashboard["rows"].objects():
        panels = [
            {**panel.object(), PATH: panel.place, "gridPos": {"w": 2 * panel["span"].whole(12)}}
            for panel in row["panels"].objects()
        ]
        yield {"type": "row", "title": row["title"].text(), "repeat": row["repeat"].value, "panels": panels}


def is_v2(body: dict[str, Any]) -> bool:
    """Whether a file is a v2 dashboard, as a resource of the API or its bare specification."""
    spec = body.get("spec")
    spec = spec if isinstance(spec, dict) else body
    return "panels" not in spec and isinstance(spec.get("elements"), dict) and "layout" in spec


def of_v2(dashboard: View) -> dict[str, Any]:
    """A v2 dashboard as a classic one."""
    spec = dashboard["spec"] if dashboard.object().get("spec") else dashboard
    times = spec["timeSettings"]
    return {
        "uid": dashboard["metadata"]["name"].value,
        "title": spec["title"].value,
        "description": spec["description"].value,
        "tags": spec["tags"].value,
        "links": spec["links"].value,
        "time": {"from": times["from"].value, "to": times["to"].value},
        "refresh": times["autoRefresh"].value,
        "panels": list(_layout(spec["layout"], spec["elements"], ())),
        "templating": {"list": [_variable(item) for item in spec["variables"].items()]},
        "annotations": {"list": [_annotation(item) for item in spec["annotations"].items()]},
    }


def _layout(layout: View, elements: View, repeats: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    spec = layout["spec"]
    for group in (*spec["rows"].items(), *spec["tabs"].items()):
        inner = group["spec"]
        own = (*repeats, *_repeated(inner))
        panels = list(_layout(inner["layout"], elements, own))
        # A row or tab is a grid of its own: as a collapsed row, its panels are compared with each other only.
        yield {"type": "row", "title": inner["title"].value, "repeat": list(own), "panels": panels, PATH: group.place}
    for item in spec["items"].items():
        inner = item["spec"]
        panel = _panel(elements[inner["element"]["name"].text()])
        if spec["items"] and layout["kind"].value == "GridLayout":
            sizes = {"w": "width", "h": "height", "x": "x", "y": "y"}
            panel["gridPos"] = {key: inner[name].value for key, name in sizes.items()}
        yield {**panel, "repeat": next(iter(_repeated(inner)), None)}


def _repeated(spec: View) -> tuple[str, ...]:
    return spec["repeat"]["value"].texts()


def _panel(element: View) -> dict[str, Any]:
    spec, data = element["spec"], element["spec"]["data"]["spec"]
    look = spec["vizConfig"]
    return {
        "id": spec["id"].value,
        "title": spec["title"].value,
        "description": spec["description"].value,
        "links": spec["links"].value,
        "type": look["group"].text() or look["kind"].text(),
        "fieldConfig": look["spec"]["fieldConfig"].value,
        "targets": [_query(item["spec"]) for item in data["queries"].items()],
        "interval": data["queryOptions"]["interval"].value,
        "timeFrom": data["queryOptions"]["timeFrom"].value,
        "libraryPanel": spec["libraryPanel"].value if element["kind"].value == "LibraryPanel" else None,
        PATH: element.place,
    }


def _query(spec: View) -> dict[str, Any]:
    return {
        **spec["query"]["spec"].object(),
        "refId": spec["refId"].value,
        "hide": spec["hidden"].value,
        "datasource": _datasource(spec),
        PATH: spec.place,
    }


def _datasource(spec: View) -> dict[str, Any]:
    """A datasource, which stands beside the query in v2alpha1 and in it, by `name`, since v2beta1."""
    query = spec["query"]
    beside = spec["datasource"]
    group = query["group"].text() or ("" if query["kind"].value == "DataQuery" else query["kind"].text())
    uid = query["datasource"]["name"].text() if query.is_a(dict) and query["datasource"] else ""
    return {"uid": uid or beside["uid"].value, "type": group or beside["type"].value}


def _variable(item: View) -> dict[str, Any]:
    spec = item["spec"]
    kind = item["kind"].text().removesuffix("Variable").lower()
    query: Any = spec["query"].value
    if kind == "query" and spec["query"].is_a(dict):
        query = spec["query"]["spec"].value
    return {
        **{key: value for key, value in spec.object().items() if key != "refresh"},
        "type": "textbox" if kind == "text" else kind,
        "query": spec["pluginId"].value if kind == "datasource" else query,
        "datasource": _datasource(spec) if kind == "query" else spec["datasource"].value,
        "refresh": _REFRESH.get(spec["refresh"].text(), 0),
        PATH: item.place,
    }


def _annotation(item: View) -> dict[str, Any]:
    spec = item["spec"]
    inner = spec["query"]["spec"].object() if spec["query"] else {}
    return {**spec.object(), **inner, "datasource": _datasource(spec), PATH: item.place}
