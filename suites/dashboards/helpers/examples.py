"""Dashboards of one panel, as text for the examples of rules."""

import json


def promql_panel(expr: str, **panel: object) -> str:
    """A dashboard whose panel `P` has one query for Prometheus; `panel` are more keys of the panel."""
    return one_panel(expr, "prometheus", **panel)


def logql_panel(expr: str, **panel: object) -> str:
    """The same for Loki."""
    return one_panel(expr, "loki", **panel)


def one_panel(expr: str, kind: str, **panel: object) -> str:
    """A dashboard whose panel `P` has one query; the variables that it may use are `job`, `host` and `window`."""
    target = {"refId": "A", "expr": expr, "datasource": {"type": kind, "uid": kind}, **_keys(panel.pop("target", {}))}
    names = {"job": "custom", "host": "custom", "window": "interval"}
    variables = [
        {"name": name, "type": kind, "query": "1m"} for name, kind in names.items() if f"${name}" in json.dumps(expr)
    ]
    body = {"id": 1, "title": "P", "type": "timeseries", **panel, "targets": [target]}
    return json.dumps({"panels": [body], "templating": {"list": variables}})


def _keys(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
