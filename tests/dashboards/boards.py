"""Dashboards with and without faults, and what the rules say of them."""

from datetime import date
from pathlib import Path
from typing import Any

from suites.core.discovery import in_area
from suites.core.evidence import Evidence, NotEvaluated, Records
from suites.core.rule import Level
from suites.core.verdict import judge

STACK = Path(__file__).parents[2] / "stack"
TODAY = date(2026, 11, 24)
PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}


def panel(number: int, title: str, expr: str, **more: Any) -> dict[str, Any]:
    target = {"refId": "A", "expr": expr, "datasource": PROMETHEUS, **more.pop("target", {})}
    return {"id": number, "title": title, "type": "timeseries", "gridPos": {"w": 8}, "targets": [target], **more}


def variable(name: str, query: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "query", "query": query, "datasource": PROMETHEUS, **more}


def may_be_empty() -> dict[str, Any]:
    return {"fieldConfig": {"defaults": {"noValue": "Nothing happened"}}}


def dashboard(uid: str, panels: list[dict[str, Any]], *variables: dict[str, Any]) -> dict[str, Any]:
    time = {"from": "now-15m", "to": "now"}
    return {"uid": uid, "title": uid.title(), "panels": panels, "templating": {"list": list(variables)}, "time": time}


def broken(records: Records, level: Level | None = None) -> dict[str, list[str]]:
    """The messages of each broken rule, or of each of one level."""
    found: dict[str, list[str]] = {}
    for rule in in_area("dashboards"):
        if level not in (None, rule.level):
            continue
        judged = records.get(rule.record)
        if judged is not None and not isinstance(judged, NotEvaluated):
            verdict = judge(rule, "", Evidence(tuple(judged), "live"))
            assert verdict.outcome != "error", verdict.reason
            if verdict.findings:
                found[rule.id.partition("/")[2]] = [finding.message for finding in verdict.findings]
    return found


JOB = variable("job", "label_values(up, job)", multi=True, includeAll=True, current={"value": ["$__all"]})
RATE = 'sum by (code) (rate(prometheus_http_requests_total{job=~"$job"}[$__rate_interval]))'
FILES = {
    "fine": dashboard(
        "fine",
        [
            panel(1, "Up", 'up{job=~"$job"}', target={"instant": True}),
            panel(2, "Requests", RATE),
            panel(3, "Rare", 'up{job="nobody"}', **may_be_empty()),
            panel(4, "Counted", 'sum(up{job="nobody"}) or vector(0)'),
        ],
        JOB,
    ),
    "values": dashboard(
        "values",
        [panel(1, "Of one metric", '{__name__=~"$metric", version=""}')],
        variable(
            "metric",
            'label_values({__name__=~"up|prometheus_build_info"}, __name__)',
            multi=True,
            includeAll=True,
            current={"value": ["$__all"]},
        ),
    ),
    "red": dashboard(
        "red",
        [
            panel(1, "Refused", "sum(up"),
            panel(2, "Empty", 'up{job="nobody"}'),
            panel(3, "Renamed", "promotheus_requests_total", **may_be_empty()),
            panel(4, "Not a number", "vector(0) / vector(0)"),
            panel(5, "Wrong label", 'up{jobb="nobody"}', **may_be_empty()),
        ],
        variable("wrong", "label_value(up, job)"),
        variable("none", "label_values(up, no_such_label)"),
        variable("cut", "label_values(up, job)", regex="/x(.*)/"),
    ),
}
