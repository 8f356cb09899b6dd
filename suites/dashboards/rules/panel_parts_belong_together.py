"""Queries and panels have names of their own, and overrides and repetition are for what there is.

Of two queries or panels of one name Grafana keeps one. An override for a name that the legend no longer has does
nothing, and says so nowhere; neither does repetition by a variable that is gone.
"""

from collections import Counter
from collections.abc import Iterator

from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.panel import Panel
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.dashboards.helpers.panel_parts import overrides, ref_ids, targets, transformations


def panel(*queries: str, override: str = "") -> str:
    listed = f"[{{matcher: {{{override}}}, properties: []}}]" if override else "[]"
    return (
        f"{{panels: [{{id: 1, title: P, type: timeseries, targets: [{', '.join(queries)}], "
        f"fieldConfig: {{overrides: {listed}}}}}]}}"
    )


ERRORS = "{refId: A, expr: up, legendFormat: errors}"


@rule(
    Good(panel(ERRORS, "{refId: B, expr: up}", override="id: byFrameRefID, options: B")),
    Good(panel(ERRORS, override="id: byName, options: errors")),
    Good(panel("{refId: A, expr: up, legendFormat: '{{job}}'}", override="id: byName, options: api")),
    Bad(
        panel(ERRORS, override="id: byFrameRefID, options: B"),
        "panel `P` has an override for query `B`, and no such query",
    ),
    Bad(
        panel(ERRORS, override="id: byName, options: error"),
        "panel `P` has an override for `error`, which no legend shows",
    ),
    Bad(panel(ERRORS, ERRORS), "panel `P` has two queries `A`"),
    Bad(
        "{panels: [{id: 4, title: P, type: stat}, {id: 4, title: Q, type: stat}]}",
        "panels `P` and `Q` have the same id, 4",
    ),
    Bad(
        "{panels: [{id: 1, title: P, type: stat, repeat: zone}]}",
        "panel `P` repeats by the variable `zone`, which the dashboard does not have",
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/panels-visualizations/configure-overrides/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    if not dashboard.panels:
        raise NotApplicable(f"{dashboard.file} has no panel")
    variables = {one.name for one in dashboard.variables}
    numbers: dict[int, list[str]] = {}
    for one in dashboard.panels:
        where = Where(file=dashboard.at(one.path), panel=one.name)
        if one.id:
            numbers.setdefault(one.id, []).append(f"`{one.name}`")
        for ref, count in Counter(target["refId"].text() for target in targets(one)).items():
            if ref and count > 1:
                yield Finding(f"panel `{one.name}` has two queries `{ref}`", where, "give each a letter of its own")
        for name in dict.fromkeys(one.single):
            if name not in variables:
                message = f"panel `{one.name}` repeats by the variable `{name}`, which the dashboard does not have"
                yield Finding(message, where, "add the variable, or stop repeating")
        for problem in _overrides(one):
            yield Finding(problem, where, "correct the name, or remove the override")
    for number, names in numbers.items():
        if len(names) > 1:
            message = f"panels {' and '.join(names[:3])} have the same id, {number}"
            yield Finding(message, Where(file=dashboard.file), "give each panel a number of its own")


def _overrides(panel: Panel) -> Iterator[str]:
    legends = {target["legendFormat"].text() for target in targets(panel)}
    told = bool(legends) and not any(one in ("", "__auto") or "{{" in one or "$" in one for one in legends)
    told = told and not transformations(panel)
    wanted = [(one["id"].value, one["options"].value) for one in overrides(panel) if one["options"].is_a(str)]
    for ref in dict.fromkeys(name for kind, name in wanted if kind == "byFrameRefID"):
        if ref not in ref_ids(panel):
            yield f"panel `{panel.name}` has an override for query `{ref}`, and no such query"
    names = [name for kind, name in wanted if kind == "byName" and name not in {*legends, "Time", "Value"}]
    if told and names:
        listed = ", ".join(f"`{name}`" for name in dict.fromkeys(names))
        yield f"panel `{panel.name}` has an override for {listed}, which no legend shows"
