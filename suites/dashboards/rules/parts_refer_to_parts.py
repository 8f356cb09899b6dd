"""What a panel takes from another part of the dashboard is there.

An expression over a query that was deleted is an error; a panel that shows the data of another that is gone, or keeps
only queries that it does not have, stays empty.
"""

import re
from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.panel import Panel
from stack.text.view import View
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.dashboards.helpers.panel_parts import ref_ids, targets, transformations

_MATH = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def panel(*queries: str, more: str = "") -> str:
    return f"{{panels: [{{id: 1, title: P, type: stat, targets: [{', '.join(queries)}]{more}}}]}}"


A = "{refId: A, expr: up, datasource: {type: prometheus}}"
EXPRESSION = "datasource: {type: __expr__, uid: __expr__}"
OTHER = "datasource: {uid: '-- Dashboard --'}"


@rule(
    Good(panel(A, f"{{refId: B, {EXPRESSION}, type: math, expression: '${{A}} * $A * 100'}}")),
    Good(panel(A, more=", transformations: [{id: filterByRefId, options: {include: A|B}}]")),
    Good(panel(A, f"{{refId: B, panelId: 1, {OTHER}}}")),
    Bad(
        panel(A, f"{{refId: B, {EXPRESSION}, type: math, expression: $A / $C}}"),
        "query B of panel `P` calculates with query `C`, which the panel does not have",
    ),
    Bad(
        panel(A, f"{{refId: B, {EXPRESSION}, type: reduce, expression: D}}"),
        "query B of panel `P` calculates with query `D`, which the panel does not have",
    ),
    Bad(
        panel(f"{{refId: A, panelId: 9, {OTHER}}}"),
        "query A of panel `P` takes the data of panel 9, which is not there",
    ),
    Bad(
        panel(A, more=", transformations: [{id: filterByRefId, options: {include: C}}]"),
        "panel `P` keeps the data of query `C` only, which it does not have: nothing is left",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/panels-visualizations/query-transform-data/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    if not dashboard.panels:
        raise NotApplicable(f"{dashboard.file} has no panel")
    numbers = {one.id for one in dashboard.panels}
    for one in dashboard.panels:
        where = Where(file=dashboard.at(one.path), panel=one.name)
        for problem in (*_queries(one, numbers), *_kept(one)):
            yield Finding(problem, where, "name a part that is there, or remove it")


def _queries(panel: Panel, numbers: set[int]) -> Iterator[str]:
    known = ref_ids(panel)
    for target in targets(panel):
        name, source = f"query {target['refId'].text()} of panel `{panel.name}`", target["datasource"]
        kind = source.text() if source.is_a(str) else source["uid"].text() or source["type"].text()
        if kind in ("__expr__", "-100"):
            for ref in dict.fromkeys(_used(target)):
                if ref not in known:
                    yield f"{name} calculates with query `{ref}`, which the panel does not have"
        elif kind == "-- Dashboard --" and target["panelId"].is_a(int) and target["panelId"].value not in numbers:
            yield f"{name} takes the data of panel {target['panelId'].value}, which is not there"


def _used(target: View) -> Iterator[str]:
    text = target["expression"].text() if target["expression"].is_a(str) else ""
    if target["type"].value == "math":
        yield from (one or other for one, other in _MATH.findall(text))
    elif target["type"].value in ("reduce", "resample", "threshold") and text:
        yield text.strip("${}")


def _kept(panel: Panel) -> Iterator[str]:
    for one in transformations(panel):
        pattern = one["options"]["include"]
        if one["id"].value == "filterByRefId" and pattern.is_a(str) and pattern.value and "$" not in pattern.value:
            wanted = pattern.value.strip("/").removeprefix("^(?:").removesuffix(")$")
            if ref_ids(panel) and not set(wanted.split("|")) & ref_ids(panel) and re.fullmatch(r"[\w|]+", wanted):
                what = f"keeps the data of query `{wanted}` only, which it does not have"
                yield f"panel `{panel.name}` {what}: nothing is left"
