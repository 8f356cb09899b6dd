"""Opens one dashboard as a browser does: queries the values of its variables, then the data of its panels."""

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from stack.clients.server_client import ServerError
from stack.records.dashboards.answers import PanelData, QueryResult, VariableData
from stack.records.dashboards.dashboard import ALWAYS_THERE, Dashboard
from stack.records.dashboards.panel import Panel, Query, Variable
from suites.dashboards.collect.query_path import PanelQuery, QueryPath, Source, start_and_end, values_of
from suites.dashboards.collect.stores import Stores
from suites.dashboards.helpers.interpolate import ALL, Choice, choose, interpolate, referenced
from suites.dashboards.helpers.intervals import TimeRange, fill, length_of, time_range
from suites.dashboards.helpers.query_names import selected, stream_labels

EARLY_S = 3.0
"""Seconds in which an error may still be the server's own start, and data may come where there need not be any."""


@dataclass
class Opened:
    """One opened dashboard: what its queries have found so far, and what could not be queried."""

    dashboard: Dashboard
    stores: Stores
    variables: dict[str, VariableData] = field(default_factory=dict)
    choices: dict[str, Choice] = field(default_factory=dict)
    panels: dict[tuple[int, str], PanelData] = field(default_factory=dict)
    unqueried: dict[str, None] = field(default_factory=dict)
    """Reasons why something could not be queried, each once."""
    begun: float = field(default_factory=time.monotonic)

    async def query_missing(self) -> bool:
        """Query what has found nothing yet; return whether everything has found something."""
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
            return self._path(query.datasource.uid)[0] is not None
        if found.error or (found.empty and found.no_value is not None):
            return self._early
        return found.empty

    def _waits_for(self, found: VariableData | None) -> bool:
        return found is not None and (self._early if found.error else not found.values)

    @property
    def _early(self) -> bool:
        return time.monotonic() - self.begun < EARLY_S

    def _path(self, uid: str | None) -> tuple[QueryPath | None, Source | None]:
        """How to query a datasource; None where it is not provisioned, which a rule of its own reports."""
        if uid is None or uid in ALWAYS_THERE:
            return None, None
        uid = interpolate(uid, self.choices, "")
        if uid in self.stores.reasons:
            self.unqueried[self.stores.reasons[uid]] = None
        return self.stores.paths.get(uid), self.stores.sources.get(uid)

    def _times(self, source: Source, panel: Panel | None = None, query: Query | None = None) -> TimeRange:
        length = length_of(self.dashboard.time_from)
        if panel is not None and panel.time_from:
            length = length_of(panel.time_from, length)
        least = interpolate(query.min_interval, self.choices, "") if query else ""
        width = panel.width if panel else 24
        is_prometheus = source.type == "prometheus"
        return time_range(width, length, least or source.min_interval, time.time(), aligned=is_prometheus)

    async def _fill(self, variable: Variable) -> None:
        found: Sequence[str]
        if variable.type == "datasource":
            found = [source.uid for source in self.stores.sources.values() if source.type == variable.query]
        elif variable.type != "query":
            # The values of a custom list, a constant or an interval are in the file.
            found = [value.strip() for value in variable.query.split(",") if value.strip()] or variable.current
        else:
            path, source = self._path(variable.datasource.uid)
            if path is None or source is None:
                found = [value for value in variable.current if value != ALL]
            else:
                record = await self._query_values(variable, path, source)
                self.variables[variable.name] = record
                found = record.values
        self.choices[variable.name] = choose(variable, found)

    async def _query_values(self, variable: Variable, path: QueryPath, source: Source) -> VariableData:
        query = interpolate(variable.query, self.choices, source.type)
        try:
            found = await values_of(path, source, query, self._times(source))
            kept = tuple(_kept(found, variable.regex))
        except ServerError as refused:
            return VariableData(variable.name, query, path.via, refused.reason, regex=variable.regex)
        except re.error as broken:
            error = f"its regex `{variable.regex}` cannot be compiled: {broken}"
            return VariableData(variable.name, query, path.via, error, regex=variable.regex)
        return VariableData(variable.name, query, path.via, None, len(found), kept, variable.regex)

    async def _draw(self, panel: Panel, query: Query) -> None:
        path, source = self._path(query.datasource.uid)
        if path is None or source is None:
            return
        expr = interpolate(query.expr, self.choices, source.type)
        times = self._times(source, panel, query)
        answer = QueryResult(error="the query is empty")
        if expr.strip():
            answer = await path.query(PanelQuery(query.ref_id, expr, query.instant, query.model), times)
        found = PanelData(
            panel=panel.name,
            ref_id=query.ref_id,
            expr=expr,
            via=path.via,
            url=path.url,
            error=answer.error,
            series=answer.series,
            values=answer.values,
            no_value=panel.no_value,
        )
        if found.empty:
            found = await _explained(found, path, source, times, query.instant)
        self.panels[panel.id, query.ref_id] = found


async def _explained(found: PanelData, path: QueryPath, source: Source, times: TimeRange, instant: bool) -> PanelData:
    """The same with what the query names that the server does not know, or with the error that caused the empty answer.

    Some releases of Grafana answer with nothing where Prometheus refused the query.
    """
    expr = fill(found.expr, times, source.type, instant=instant)
    try:
        if source.type == "prometheus":
            await path.data("query", query=expr)
            return _with_unknown(found, await _unknown_names(expr, path, source, times))
        known = await path.data("labels", **start_and_end(source, times)) or ()
    except ServerError as refused:
        return replace(found, error=refused.reason)
    return _with_unknown(found, {"label": [name for name in stream_labels(expr) if name not in known]})


async def _unknown_names(expr: str, path: QueryPath, source: Source, times: TimeRange) -> dict[str, list[str]]:
    """The metrics that Prometheus does not know, and labels that none of its series of a metric has.

    Raises:
        ServerError: the server refused to say.

    """
    bounds = start_and_end(source, times)
    known = await path.data("label/__name__/values", **bounds) or ()
    metrics = selected(expr)
    unknown = {"metric": [name for name in metrics if name not in known]}
    for metric, matched in metrics.items():
        if matched and metric not in unknown["metric"]:
            existing = await path.data("labels", **{"match[]": metric}, **bounds) or ()
            unknown[f"label of `{metric}` named"] = [label for label in matched if label not in existing]
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
