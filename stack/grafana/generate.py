"""Writes the dashboards of the stack from their descriptions: `make dashboards`.

A description is a file `sources/<folder>/<uid>.yaml`; `dashboards/<folder>/<uid>.json` is made from it.

    title, description, tags            as in Grafana
    variables: [system, service]        keys in `variables.yaml`; so are `annotations`
    rows: [{title, panels, lines}]      panels are laid from left to right, 24 columns wide, then onto the next line;
                                        `lines`, a LogQL query or {title, query, empty}, is a panel of log lines below
    panel:
      title, description                what is shown, and what is normal
      type                              `stat`, `timeseries` (default), `bargauge`, `table`, `logs`
      unit                              of Grafana's list
      size: [12, 7]                     columns and rows of the grid; a default per type
      queries: {legend: expression}     PromQL, or LogQL with `loki: true`; for one query `query`, with `legend`
      thresholds: [[colour, from], …]   the first has no `from`
      link: {title, url}                of its values
      empty                             what is shown for no data; the description says why that is right
      defaults, options                 more of `fieldConfig.defaults` and `options`, for what the above has no word for

Source: https://grafana.com/docs/grafana/latest/visualizations/dashboards/build-dashboards/view-dashboard-json-model/
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stack.text.plain_yaml import plain_yaml

HERE = Path(__file__).resolve().parent
SOURCES, DASHBOARDS = HERE / "sources", HERE / "dashboards"
SHARED = SOURCES / "variables.yaml"
SIZES = {"stat": (4, 4), "timeseries": (8, 8), "bargauge": (8, 8), "table": (8, 8), "logs": (24, 9)}
REDUCE = {"reduceOptions": {"calcs": ["lastNotNull"]}}
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "stat": {**REDUCE, "colorMode": "value", "graphMode": "none", "textMode": "auto", "wideLayout": False},
    "bargauge": {**REDUCE, "displayMode": "basic", "orientation": "horizontal", "valueMode": "color"},
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "table": {"showHeader": True, "cellHeight": "sm"},
    "logs": {
        "showTime": True, "wrapLogMessage": True, "enableLogDetails": True, "sortOrder": "Descending",
        "dedupStrategy": "none", "showLabels": False, "prettifyLogMessage": False,
    },
}  # fmt: skip
LINES = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 0, "showPoints": "auto", "spanNulls": 60000}
"""Lines are never stacked: the height of one would depend on those below it."""

LEAST_TOP = {**dict.fromkeys(("percentunit", "ops", "reqps", "none"), 0.01), "short": 1, "suffix:packets/s": 1}
"""Where a scale ends at least, by unit: Grafana's ends at 100 where all values are 0."""

LINES_HELP = "The newest lines. A click on one shows its request id, with a link to all lines of the request."


def outputs() -> dict[Path, str]:
    """Every dashboard file with its text."""
    shared = plain_yaml(SHARED.read_text(encoding="utf-8"))
    return {
        DASHBOARDS / path.relative_to(SOURCES).with_suffix(".json"): json.dumps(
            dashboard(path.stem, plain_yaml(path.read_text(encoding="utf-8")), shared), indent=1
        )
        + "\n"
        for path in sorted(SOURCES.glob("*/*.yaml"))
    }


def stale() -> list[Path]:
    """The dashboard files that are missing, differ from what would be written, or have no description any more."""
    made = outputs()
    extra = [path for path in DASHBOARDS.rglob("*.json") if path not in made]
    return extra + [path for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]


def dashboard(uid: str, source: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON model of one described dashboard.

    Raises:
        KeyError: it names a variable or an annotation that `variables.yaml` does not have.

    """
    return {
        "uid": uid,
        "title": source["title"],
        "description": source["description"],
        "tags": ["observability", *source.get("tags", ())],
        "schemaVersion": 41,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": source.get("refresh", "30s"),
        "time": {"from": source.get("from", "now-1h"), "to": "now"},
        "timezone": "browser",
        "timepicker": {},
        "annotations": {"list": [_annotation(shared["annotations"][name]) for name in source.get("annotations", ())]},
        "links": [
            # Of others `instance` is a host or a Redis: it would leave the dashboard that is linked empty.
            _dashboard_link({"includeVars": "service" in str(source["variables"]), **link})
            for link in [*source.get("links", ()), *shared["links"]]
        ],
        "templating": {"list": [_variable(shared["variables"][name]) for name in source["variables"]]},
        "panels": list(_panels(source["rows"])),
    }


def _datasource(kind: str) -> dict[str, str]:
    return {"type": kind, "uid": kind}


def _annotation(source: Mapping[str, Any]) -> dict[str, Any]:
    return {"datasource": _datasource("prometheus"), "enable": True, "hide": False, **source}


def _dashboard_link(source: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "link", "icon": "dashboard", "targetBlank": False, "keepTime": True, **source}


def _variable(source: Mapping[str, Any]) -> dict[str, Any]:
    name = source["name"]
    common = {"name": name, "label": source["label"], "description": source["description"], "hide": 0}
    if "query" not in source:
        text = source.get("text", "")
        return {**common, "type": "textbox", "query": text, "current": {"text": text, "value": text}}
    return {
        **common,
        "type": "query",
        "datasource": _datasource("loki" if source.get("loki") else "prometheus"),
        "query": source["query"] if source.get("loki") else {"query": source["query"], "refId": name},
        "definition": source["query"],
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "current": {"text": ["All"], "value": ["$__all"]},
        "sort": 1,
        "regex": "",
        "options": [],
    }


def _panels(rows: list[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    number, y = 0, 0
    for row in rows:
        number += 1
        yield {
            "id": number, "type": "row", "title": row["title"], "collapsed": False,
            "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}, "panels": [],
        }  # fmt: skip
        y, x, tallest = y + 1, 0, 0
        for source in [*row["panels"], *_lines(row)]:
            number += 1
            width, height = source.get("size") or SIZES[source.get("type", "timeseries")]
            if x + width > 24:
                x, y, tallest = 0, y + tallest, 0
            yield _panel(number, source, {"x": x, "y": y, "w": width, "h": height})
            x, tallest = x + width, max(tallest, height)
        y += tallest


def _lines(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    given = row.get("lines")
    if given:
        made = {"title": f"Lines: {row['title']}", "description": LINES_HELP, "type": "logs", "size": [24, 7]}
        yield {**made, "max_lines": 50, **(given if isinstance(given, Mapping) else {"query": given})}


def _panel(number: int, source: Mapping[str, Any], place: Mapping[str, int]) -> dict[str, Any]:
    kind = source.get("type", "timeseries")
    loki = source.get("loki", kind == "logs")
    queries = source.get("queries") or {source.get("legend", "__auto"): source["query"]}
    defaults: dict[str, Any] = {}
    if kind != "logs":
        defaults = {"unit": source["unit"], "color": {"mode": "palette-classic"}}
    if kind == "timeseries":
        least = {"axisSoftMax": LEAST_TOP[source["unit"]]} if source["unit"] in LEAST_TOP else {}
        defaults |= {"custom": {**LINES, **least, **source.get("lines", {})}, "min": 0}
    if "thresholds" in source:
        steps = [{"color": colour, "value": value} for colour, value in source["thresholds"]]
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
    if kind in ("stat", "bargauge"):
        defaults["color"] = {"mode": "thresholds"}
        defaults.setdefault("thresholds", {"mode": "absolute", "steps": [{"color": "text", "value": None}]})
    elif kind == "timeseries" and "thresholds" in source:
        defaults["custom"]["thresholdsStyle"] = {"mode": "dashed"}
    if "empty" in source:
        defaults["noValue"] = source["empty"]
    if "link" in source:
        defaults["links"] = [{"targetBlank": False, **source["link"]}]
    defaults |= source.get("defaults", {})
    return {
        "id": number,
        "type": kind,
        "title": source["title"],
        "description": source["description"],
        "datasource": _datasource("loki" if loki else "prometheus"),
        "gridPos": place,
        "targets": [
            _query(letter, legend, expr, source, loki=loki)
            for letter, (legend, expr) in zip("ABCDEFGH", queries.items(), strict=False)
        ],
        "fieldConfig": {"defaults": defaults, "overrides": source.get("overrides", [])},
        "options": {**OPTIONS[kind], **source.get("options", {})},
        # A rate over a fifth of a second shows one line as five a second.
        **({"interval": "15s"} if loki and kind == "timeseries" else {}),
        **({"maxDataPoints": source["max_points"]} if "max_points" in source else {}),
    }


def _query(letter: str, legend: str, expr: str, source: Mapping[str, Any], *, loki: bool) -> dict[str, Any]:
    instant = source.get("type") in ("stat", "bargauge", "table")
    flat = " ".join(expr.split())
    query = {"refId": letter, "datasource": _datasource("loki" if loki else "prometheus"), "expr": flat}
    if legend != "__auto":
        query["legendFormat"] = legend
    if loki:
        limit = {"maxLines": source.get("max_lines", 200)} if source.get("type") == "logs" else {}
        return {**query, "queryType": "instant" if instant else "range", **limit}
    return {**query, "instant": instant, "range": not instant}


def main() -> int:
    """Write the dashboards that are stale; delete those without a description."""
    made = outputs()
    for path in stale():
        if path in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[path], encoding="utf-8")
        else:
            path.unlink()
        print(f"{'wrote' if path in made else 'deleted'} {path.relative_to(DASHBOARDS)}")  # noqa: T201  # the command's output
    return 0


if __name__ == "__main__":
    sys.exit(main())
