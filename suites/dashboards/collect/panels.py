"""Opens one dashboard as a browser does: finds the values of its variables, then asks for the data of its panels."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from stack.clients.range_queries import StoreError
from stack.records.dashboards.answers import PanelData, QueryResult, VariableData
from stack.records.dashboards.dashboard import ALWAYS_THERE, Dashboard
from stack.records.dashboards.panel import Panel, Query, Variable
from suites.dashboards.collect.query_path import Asked, Source, Way, times_of, values_of
from suites.dashboards.collect.stores import Stores
from suites.dashboards.helpers.interpolate import ALL, Choice, choose, interpolate, referenced
from suites.dashboards.helpers.intervals import Stretch, fill, length_of, stretch_of
from suites.dashboards.helpers.named import labels_of, matched_of, metrics_of

EARLY_S = 3.0
"""Seconds in which an error may still be the server's own start, and data may come where there need not be any."""


@dataclass
class Opened:
    """One dashboard while it is looked at: what has been found so far, and what could not be asked."""

    dashboard: Dashboard
    stores: Stores
    variables: dict[str, VariableData] = field(default_factory=dict)
    choices: dict[str, Choice] = field(default_factory=dict)
    panels: dict[tuple[int, str], PanelData] = field(default_factory=dict)
    unasked: dict[str, None] = field(default_factory=dict)
    """Reasons why something could not be asked, each once."""
    begun: float = field(default_factory=time.monotonic)

    async def look(self) -> bool:
        """Ask what has no answer yet; return whether everything has found something."""
        for variable in in_order(self.dashboard.variables):
            if variable.name not in self.choices or self._waits_for(self.variables.get(variable.name)):
                await self._fill(variable)
        left = [(panel, query) for panel, query in self._queries() if self._left(panel, query)]
        await asyncio.gather(*(self._draw(panel, query) for panel, query in left))
        return not any(self._left(panel, query) for panel, query in left) and not any(
            self._waits_for(found) for found in self.variables.values()
        )

    def _queries(self) -> list[tuple[Panel, Query]]:
        return [(panel, query) for panel in self.dashboard.panels for query in panel.queries]

    def _left(self, panel: Panel, query: Query) -> bool:
        found = self.panels.get((panel.id, query.ref_id))
        if found is None:
            return self._way(query.datasource.uid)[0] is not None
        if found.error or (found.empty and found.no_value is not None):
            return self._early
        return found.empty

    def _waits_for(self, found: VariableData | None) -> bool:
        return found is not None and (self._early if found.error else not found.values)

    @property
    def _early(self) -> bool:
        return time.monotonic() - self.begun < EARLY_S

    def _way(self, uid: str | None) -> tuple[Way | None, Source | None]:
        """The way to a datasource; none where the file names one that is not there, which is a finding of its own."""
        if uid is None or uid in ALWAYS_THERE:
            return None, None
        uid = interpolate(uid, self.choices, "")
        if uid in self.stores.reasons:
            self.unasked[self.stores.reasons[uid]] = None
        return self.stores.ways.get(uid), self.stores.sources.get(uid)

    def _stretch(self, source: Source, panel: Panel | None = None, query: Query | None = None) -> Stretch:
        length = length_of(self.dashboard.time_from)
        if panel is not None and panel.time_from:
            length = length_of(panel.time_from, length)
        least = interpolate(query.min_interval, self.choices, "") if query else ""
        width = panel.width if panel else 24
        is_prometheus = source.type == "prometheus"
        return stretch_of(width, length, least or source.min_interval, time.time(), aligned=is_prometheus)

    async def _fill(self, variable: Variable) -> None:
        found: Sequence[str]
        if variable.type == "datasource":
            found = [source.uid for source in self.stores.sources.values() if source.type == variable.query]
        elif variable.type != "query":
            # What a custom list, a constant or an interval stands for is in the file.
            found = [value.strip() for value in variable.query.split(",") if value.strip()] or variable.current
        else:
            way, source = self._way(variable.datasource.uid)
            if way is None or source is None:
                found = [value for value in variable.current if value != ALL]
            else:
                record = await self._ask_values(variable, way, source)
                self.variables[variable.name] = record
                found = record.values
        self.choices[variable.name] = choose(variable, found)

    async def _ask_values(self, variable: Variable, way: Way, source: Source) -> VariableData:
        query = interpolate(variable.query, self.choices, source.type)
        try:
            found = await values_of(way, source, query, self._stretch(source))
            kept = tuple(_kept(found, variable.regex))
        except StoreError as refused:
            return VariableData(variable.name, query, way.via, str(refused), regex=variable.regex)
        except re.error as broken:
            error = f"its regex `{variable.regex}` is none: {broken}"
            return VariableData(variable.name, query, way.via, error, regex=variable.regex)
        return VariableData(variable.name, query, way.via, None, len(found), kept, variable.regex)

    async def _draw(self, panel: Panel, query: Query) -> None:
        way, source = self._way(query.datasource.uid)
        if way is None or source is None:
            return
        expr = interpolate(query.expr, self.choices, source.type)
        stretch = self._stretch(source, panel, query)
        answer = QueryResult(error="the query is empty")
        if expr.strip():
            answer = await way.query(Asked(query.ref_id, expr, query.instant, query.model), stretch)
        found = PanelData(
            panel.name, query.ref_id, expr, way.via, way.url, answer.error, answer.series, answer.values, panel.no_value
        )
        if found.empty:
            found = await _explained(found, way, source, stretch, query.instant)
        self.panels[panel.id, query.ref_id] = found


async def _explained(found: PanelData, way: Way, source: Source, stretch: Stretch, instant: bool) -> PanelData:
    """The same with what the query names that the server does not know, or the error that lies behind no data.

    Some releases of Grafana answer with nothing where Prometheus refused the query.
    """
    try:
        if source.type == "prometheus":
            await way.data("query", query=fill(found.expr, stretch, source.type, instant=instant))
            return _with_unknown(found, await _unknown_metrics(found.expr, way, source, stretch))
        known = await way.data("labels", **times_of(source, stretch)) or ()
    except StoreError as refused:
        return replace(found, error=str(refused))
    return _with_unknown(found, {"label": [name for name in labels_of(found.expr) if name not in known]})


async def _unknown_metrics(expr: str, way: Way, source: Source, stretch: Stretch) -> dict[str, list[str]]:
    """The metrics that Prometheus does not know, and the labels that those it knows do not have; raises StoreError."""
    known = await way.data("label/__name__/values", **times_of(source, stretch)) or ()
    unknown = {"metric": [name for name in metrics_of(expr) if name not in known]}
    for metric, labels in matched_of(expr).items():
        if metric not in unknown["metric"]:
            has = await way.data("labels", **{"match[]": metric}, **times_of(source, stretch)) or ()
            unknown[f"label of `{metric}` named"] = [label for label in labels if label not in has]
    return unknown


def _with_unknown(found: PanelData, unknown: Mapping[str, Sequence[str]]) -> PanelData:
    return replace(found, unknown={kind: tuple(names) for kind, names in unknown.items() if names})


def in_order(variables: Sequence[Variable]) -> list[Variable]:
    """The variables so that each comes after those that its query mentions; a circle stays in the file's order."""
    left = {variable.name: variable for variable in variables}
    ordered: list[Variable] = []
    while left:
        ready = [one for one in left.values() if not (referenced(one.query) - {one.name}) & left.keys()]
        ordered += [left.pop(variable.name) for variable in ready or [next(iter(left.values()))]]
    return ordered


def _kept(found: Sequence[str], regex: str) -> list[str]:
    """What a variable's `regex` (`/…/` or bare) keeps: its first group where it has one, each value once."""
    if not regex:
        return list(found)
    pattern = re.compile(regex[1 : regex.rindex("/")] if regex.startswith("/") and regex.count("/") > 1 else regex)
    matches = (pattern.search(value) for value in found)
    return list(dict.fromkeys(match[1] if pattern.groups else match.string for match in matches if match))
