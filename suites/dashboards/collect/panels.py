"""Opens one dashboard as a browser does: queries the values of its variables, then the data of its panels."""

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from stack.clients.server_client import ServerError
from stack.eventually import contention
from stack.records.dashboards.answers import PanelData, QueryResult, VariableData
from stack.records.dashboards.dashboard import ALWAYS_THERE, Dashboard
from stack.records.dashboards.panel import Datasource, Panel, Query, Variable
from stack.records.queries.promql import parse
from stack.records.queries.promql_reach import reaches_back_s
from suites.core.pictures import Picture
from suites.dashboards.collect.query_path import PanelQuery, QueryPath, Source, start_and_end, values_of
from suites.dashboards.collect.stores import Stores
from suites.dashboards.helpers.drawing import WIDTH, draw
from suites.dashboards.helpers.interpolate import ALL, Choice, choose, interpolate, referenced
from suites.dashboards.helpers.intervals import TimeRange, fill, length_of, time_range
from suites.dashboards.helpers.query_names import selected, stream_labels

ANNOTATION = "annotation"
OF_PROMETHEUS = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
"""Metrics that Prometheus writes itself, as soon as an alert is pending; until then it does not know them, and which
labels they have depends on the alerts that there are."""
OVER_S = {"over 15m": 15 * 60.0, "over 6h": 6 * 3600.0}
"""A short and a long time, in seconds: a dashboard is opened over its own, and used over these."""
EARLY_S = 3.0
"""Seconds in which an error may still be the server's own start, and data may come where there need not be any."""


@dataclass
class Opened:
    """One opened dashboard: what its queries have found so far, and what could not be queried."""

    dashboard: Dashboard
    stores: Stores
    variables: dict[str, VariableData] = field(default_factory=dict)
    choices: dict[str, Choice] = field(default_factory=dict)
    panels: dict[tuple[str, int, str], PanelData] = field(default_factory=dict)
    varied: list[PanelData] = field(default_factory=list)
    answers: dict[tuple[str, int, str], QueryResult] = field(default_factory=dict)
    """What was found as the dashboard opened, for a drawing."""
    started: float | None = None
    """When the stores were started (`time.monotonic`), if this run did; else None."""
    begun: float = field(default_factory=time.monotonic)
    now: float = field(default_factory=time.time)
    """When everything is queried, in Unix seconds: what is queried over the same time goes into one request."""

    async def query_missing(self) -> bool:
        """Query what has found nothing yet; return whether everything has found something."""
        self.now = time.time()
        for variable in in_order(self.dashboard.variables):
            if variable.name not in self.choices or self._waits_for(self.variables.get(variable.name)):
                await self._fill(variable)
        left = [(panel, query) for panel, query in self._queries() if self._left(panel, query)]
        await asyncio.gather(*(self._draw(panel, query) for panel, query in left))
        return not any(self._left(panel, query) for panel, query in left) and not any(
            self._waits_for(found) for found in self.variables.values()
        )

    async def vary(self) -> None:
        """Query everything over other times, and what uses a variable once more for single values of it.

        What fails or is empty as the dashboard opens is reported as that, and not queried again.
        """
        good = [
            (panel, query)
            for panel, query in self._queries()
            if (seen := self.panels.get(_key(panel, query)))
            and not (seen.unqueried or seen.of_grafana or seen.error or seen.empty)
        ]
        self.now = time.time()
        self.varied += await asyncio.gather(
            *(
                self._answer(*one, self.choices, given, length)
                for one in good
                for given, length in OVER_S.items()
                if not one[1].instant or "__" in one[1].expr  # else it is the same query once more
            )
        )
        single = [
            (name, value, using)
            for name, found in self.variables.items()
            if (using := [one for one in good if name in referenced(one[1].expr) and one[0].type != ANNOTATION])
            for value in some(found.values)
        ]
        empty: dict[str, list[str]] = {}
        for (name, value, _), answers in zip(
            single, await asyncio.gather(*(self._for(*one) for one in single)), strict=True
        ):
            self.varied += [answer for answer in answers if answer.error]
            if all(answer.empty for answer in answers):
                empty.setdefault(name, []).append(value)
        for name, found in self.variables.items():
            tried = tuple(value for one, value, _ in single if one == name)
            self.variables[name] = replace(found, tried=tried, without_data=tuple(empty.get(name, ())))

    async def _for(self, name: str, value: str, using: Sequence[tuple[Panel, Query]]) -> Sequence[PanelData]:
        """The answers to queries where a variable has a single value."""
        choices = {**self.choices, name: replace(self.choices[name], values=(value,), verbatim=False)}
        return await asyncio.gather(*(self._answer(*one, choices, f"for {name}={value}") for one in using))

    def drawn(self) -> Picture:
        """A picture of the dashboard as it was opened, drawn from the answers."""
        answers = {
            place: [
                (self.panels[key], self.answers.get(key, QueryResult()))
                for key in (_key(panel, query) for query in panel.queries)
                if key in self.panels
            ]
            for place, panel in enumerate(self.dashboard.panels)
        }
        title = self.dashboard.title or self.dashboard.subject
        picture = draw(title, self.dashboard.panels, answers)
        image = picture.svg.encode("utf-8", errors="replace")
        return Picture(self.dashboard.subject, title, WIDTH, image, picture.parts, picture.failing, drawn=True)

    def _queries(self) -> list[tuple[Panel, Query]]:
        found = [(panel, query) for panel in self.dashboard.panels for query in panel.queries]
        for one in self.dashboard.annotations:
            if one.expr:
                query = Query("A", one.expr, one.datasource, path=one.path)
                found.append((Panel(0, one.name, ANNOTATION, (query,), no_value="no event"), query))
        return found

    def _left(self, panel: Panel, query: Query) -> bool:
        found = self.panels.get(_key(panel, query))
        if found is None:
            return True
        if found.unqueried or found.of_grafana:
            return False
        if found.error or (found.empty and found.no_value is not None):
            return self._early
        return found.empty

    def _waits_for(self, found: VariableData | None) -> bool:
        return found is not None and not found.unqueried and (self._early if found.error else not found.values)

    @property
    def _early(self) -> bool:
        return time.monotonic() - self.begun < EARLY_S

    def _path(self, datasource: Datasource) -> tuple[QueryPath | None, Source | None, str]:
        """How to query a datasource, or why it is not queried; neither is there for one that is part of Grafana."""
        named = interpolate(datasource.uid or "", self.choices, "")
        uid = self.stores.uid_of(named, datasource.type)
        if uid in ALWAYS_THERE or datasource.type == "__expr__":
            return None, None, ""
        unknown = f"the datasource `{named or datasource.type or 'default'}` is in no provisioning file"
        why_not = "" if uid in self.stores.paths else f"{unknown}, so its queries were not sent"
        return self.stores.paths.get(uid), self.stores.sources.get(uid), self.stores.reasons.get(uid, why_not)

    def _times(
        self, source: Source, panel: Panel | None = None, query: Query | None = None, over_s: float | None = None
    ) -> TimeRange:
        length = over_s or length_of(self.dashboard.time_from)
        if panel is not None and panel.time_from and not over_s:
            length = length_of(panel.time_from, length)
        least = interpolate(query.min_interval, self.choices, "") if query else ""
        width = panel.width if panel else 24
        is_prometheus, now = source.type == "prometheus", self.now
        times = time_range(width, length, least or source.min_interval, now, aligned=is_prometheus)
        # The end of the running step may be an hour ahead, where an instant query finds nothing.
        return replace(times, start=now - length, end=now) if query is not None and query.instant else times

    async def _fill(self, variable: Variable) -> None:
        found: Sequence[str]
        if variable.type == "datasource":
            found = [source.uid for source in self.stores.sources.values() if source.type == variable.query]
        elif variable.type != "query":
            # The values of a custom list, a constant or an interval are in the file.
            found = [value.strip() for value in variable.query.split(",") if value.strip()] or variable.current
        else:
            path, source, why_not = self._path(variable.datasource)
            if path is None or source is None:
                found = [value for value in variable.current if value != ALL]
                if why_not:
                    self.variables[variable.name] = VariableData(variable.name, variable.query, unqueried=why_not)
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
        self.panels[_key(panel, query)] = await self._answer(panel, query, self.choices)

    async def _answer(
        self,
        panel: Panel,
        query: Query,
        choices: Mapping[str, Choice],
        given: str = "",
        over_s: float | None = None,
    ) -> PanelData:
        path, source, why_not = self._path(query.datasource)
        of = ANNOTATION if panel.type == ANNOTATION else "panel"
        if path is None or source is None:
            return PanelData(
                panel.name, query.ref_id, query.expr, of=of, unqueried=why_not, values=1, of_grafana=not why_not
            )
        expr = interpolate(query.expr, choices, source.type)
        times, begun = self._times(source, panel, query, over_s), time.monotonic()
        answer = QueryResult(error="the query is empty")
        if expr.strip():
            answer = await path.query(PanelQuery(query.ref_id, expr, query.instant, query.model), times)
        if choices is self.choices and not given:
            self.answers[_key(panel, query)] = answer
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
            of=of,
            given=given,
            seconds=round(answer.seconds / contention(), 3),
            drawn_after_s=self._until_drawn_s(times, begun) if not query.instant else 0.0,
        )
        if found.empty and choices is self.choices:
            found = self._explicable(await _explained(found, path, source, times, query.instant))
            # An empty annotation is no fault, whenever it asks for.
            if (
                found.empty
                and not (found.unknown or found.unqueried)
                and source.type == "prometheus"
                and of != ANNOTATION
            ):
                found = self._judgeable(found, fill(expr, times, source.type, instant=query.instant))
        return found

    def _until_drawn_s(self, times: TimeRange, at: float) -> float:
        """How many seconds after `at` (`time.monotonic`) a whole step has passed since the stores started."""
        return 0.0 if self.started is None else max(0.0, round(self.started + times.step - at, 1))

    def _explicable(self, found: PanelData) -> PanelData:
        """The same, which proves nothing where the metrics are those of a component that this run does not have."""
        unknown = found.unknown.get("metric", ())
        reasons = [self._unscraped(metric) for metric in unknown]
        if self.started is None or not reasons or not all(reasons):
            return found
        return replace(found, unqueried="; ".join(dict.fromkeys(reasons)), unknown={})

    def _unscraped(self, metric: str) -> str:
        """Why nothing exposes a metric, or any of a choice of them; empty where something ought to."""
        found = (self.stores.unscraped.get(f"{name.partition('_')[0]}_", "") for name in metric.split("|"))
        return next(filter(None, found), "")

    def _judgeable(self, found: PanelData, expr: str) -> PanelData:
        """The same, which proves nothing where the query asks for a time before this run started the store."""
        if self.started is None:
            return found
        age, tree = time.monotonic() - self.started, parse(expr).tree
        back = reaches_back_s(tree) if tree is not None else 0.0
        if back <= age:
            return found
        reason = f"{found.name} asks for what was {back:g} s ago, and this run's Prometheus started {age:.0f} s ago"
        return replace(found, unqueried=reason)


def _key(panel: Panel, query: Query) -> tuple[str, int, str]:
    return (panel.path or panel.title, panel.id, query.ref_id)


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
    existing = OF_PROMETHEUS.union(known)
    unknown = {"metric": [name for name in metrics if existing.isdisjoint(name.split("|"))]}
    for metric, matched in metrics.items():
        if matched and metric in known and metric not in OF_PROMETHEUS:
            labels = await path.data("labels", **{"match[]": metric}, **bounds) or ()
            unknown[f"label of `{metric}` named"] = [label for label in matched if label not in labels]
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


def some(values: Sequence[str]) -> list[str]:
    """The first, the middle one and the last of the values."""
    last = len(values) - 1
    return list(dict.fromkeys(values[index] for index in (0, last // 2, last))) if values else []


def _kept(found: Sequence[str], regex: str) -> list[str]:
    """What a variable's `regex` (`/…/` or bare) keeps: its first group where it has one, each value once."""
    if not regex:
        return list(found)
    bare, flags = regex, ""
    if regex.startswith("/") and regex.count("/") > 1:
        bare, flags = regex[1 : regex.rindex("/")], regex[regex.rindex("/") + 1 :]
    # JavaScript names groups `(?<value>…)`.
    pattern = re.compile(re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", bare), re.IGNORECASE if "i" in flags else 0)
    group = next((name for name in ("value", "text") if name in pattern.groupindex), 1 if pattern.groups else 0)
    matches = (pattern.search(value) for value in found)
    return list(dict.fromkeys(match[group] for match in matches if match and match[group] is not None))
