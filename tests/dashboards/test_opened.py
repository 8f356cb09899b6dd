"""What is asked of the stores of an opened dashboard, and what an empty answer proves."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from stack.records.dashboards.answers import Curve, PanelData, QueryResult
from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.datasource import ProvisionedDatasource
from suites.core.discovery import rules
from suites.core.evidence import Evidence, NotEvaluated
from suites.core.pictures import Picture
from suites.core.verdict import judge
from suites.dashboards.collect.panels import Opened
from suites.dashboards.collect.query_path import PanelQuery, Source
from suites.dashboards.collect.running import collect
from suites.dashboards.collect.stores import Stores
from suites.dashboards.helpers.intervals import TimeRange


class Answering:
    """A path to a datasource that answers every query with `rows`, and notes the queries."""

    via, url = "prometheus", "http://p"

    def __init__(self, values: int = 0, rows: Sequence[Mapping[str, Any]] = ()) -> None:
        self.values, self.rows = values, rows
        self.queried: list[str] = []

    async def query(self, query: PanelQuery, times: TimeRange) -> QueryResult:
        assert times.end > times.start
        self.queried.append(query.expr)
        curves = (Curve({"job": "a"}, ((0.0, 1.0), (1.0, 2.0))),) if self.values else ()
        return QueryResult(series=self.values, values=self.values, curves=curves)

    async def data(self, path: str, **parameters: str) -> Any:
        if path == "query":
            self.queried.append(parameters["query"])
            return {"resultType": "vector", "result": list(self.rows)}
        return ["up", "job"]


def opened(board: Mapping[str, Any], path: Answering, started: float | None = None) -> Opened:
    provisioned = [ProvisionedDatasource("Prometheus", "p", "prometheus", default=True)]
    provisioned.append(ProvisionedDatasource("Loki", "l", "loki"))
    sources = {one.uid: Source(one.uid, one.type) for one in provisioned}
    stores = Stores(sources, {"p": path}, {"l": "there is no loki"}, provisioned=provisioned)
    found = Opened(Dashboard.of(board, "board.json"), stores, started=started)
    asyncio.run(found.query_missing())
    return found


def test_what_is_queried_for_one_moment_is_queried_for_now() -> None:
    at: list[float] = []

    class Noting(Answering):
        async def query(self, query: PanelQuery, times: TimeRange) -> QueryResult:
            at.append(times.end)
            return await super().query(query, times)

    # Over a month a step is an hour, and its end may be that far ahead.
    gauge = {**target("up", {"uid": "p"}), "instant": True}
    board = {"time": {"from": "now-30d", "to": "now"}, "panels": [{"id": 1, "type": "stat", "targets": [gauge]}]}
    begun = time.time()
    opened(board, Noting(values=1))
    assert begun <= at[0] <= time.time()


def target(expr: str, datasource: object = None) -> dict[str, object]:
    return {"refId": "A", "expr": expr, "datasource": datasource}


def test_annotations_are_queried_and_datasources_found_by_uid_name_type_and_default() -> None:
    path = Answering(values=1)
    named: list[object] = [{"uid": "p"}, "Prometheus", {"type": "prometheus"}, None, "default"]
    panels = [{"id": at, "targets": [target(f"up == {at}", one)]} for at, one in enumerate(named)]
    annotations = {"list": [{"name": "Restarts", "datasource": "Prometheus", "expr": "changes(up[5m]) > 0"}]}
    found = opened({"panels": panels, "annotations": annotations}, path)
    assert path.queried == [*(f"up == {at}" for at in range(5)), "changes(up[5m]) > 0"]
    assert [data.name for data in found.panels.values()][-1] == "annotation `Restarts`"
    assert {data.unqueried for data in found.panels.values()} == {""}


def test_panels_for_prometheus_are_queried_where_there_is_no_loki() -> None:
    panels = [{"id": 1, "targets": [target("up", "Prometheus")]}, {"id": 2, "targets": [target('{a="b"}', "Loki")]}]
    path = Answering(values=1)
    data = list(opened({"panels": panels}, path).panels.values())
    assert path.queried == ["up"]
    assert [one.unqueried for one in data] == ["", "there is no loki"]
    rule = rules()["dashboards/panel-queries-succeed"]
    verdict = judge(rule, "board", Evidence(tuple(data), "live"))
    assert (verdict.outcome, verdict.reason) == ("not-evaluated", "there is no loki (1 of 2)")
    failing = judge(rule, "board", Evidence((replace(data[0], error="parse error"), data[1]), "live"))
    assert failing.outcome == "fail"


@pytest.mark.parametrize(
    ("datasource", "reason"),
    [
        (
            {"uid": "made-by-hand"},
            "the datasource `made-by-hand` is in no provisioning file, so its queries were not sent",
        ),
        ({"type": "mysql"}, "the datasource `mysql` is in no provisioning file, so its queries were not sent"),
        ({"uid": "-- Grafana --"}, "the query is for Grafana itself, and was not sent"),
    ],
)
def test_a_query_that_was_not_sent_gives_no_verdict(datasource: object, reason: str) -> None:
    variables = [{"name": "job", "type": "query", "query": "label_values(up, job)", "datasource": datasource}]
    board = {"panels": [{"id": 1, "targets": [target("up", datasource)]}], "templating": {"list": variables}}
    found = opened(board, path := Answering(values=1))
    asyncio.run(found.vary())
    assert (path.queried, len(found.varied)) == ([], 0)
    for name in ("panel-queries-succeed", "panels-have-data"):
        verdict = judge(rules()[f"dashboards/{name}"], "board", Evidence(tuple(found.panels.values()), "live"))
        assert (verdict.outcome, verdict.reason) == ("not-evaluated", reason)
        assert verdict.applies is ("provisioning" in reason)
    assert [one.unqueried for one in found.variables.values()] == [reason] * verdict.applies


@pytest.mark.parametrize(
    ("expr", "instant", "queries"),
    [("up", False, 3), ("up", True, 1), ("increase(x_total[$__range])", True, 3)],
)
def test_an_instant_query_without_a_time_is_not_queried_over_others(expr: str, instant: bool, queries: int) -> None:
    found = opened({"panels": [{"id": 1, "targets": [{**target(expr), "instant": instant}]}]}, path := Answering(1))
    asyncio.run(found.vary())
    assert len(path.queried) == queries


def test_the_values_of_a_variable_that_no_panel_with_data_uses_are_not_tried() -> None:
    query = {"name": "job", "type": "query", "query": "label_values(up, job)", "datasource": "Prometheus"}
    verdicts = []
    for expr in ("up", 'up{job="$job"}'):
        board = {"panels": [{"id": 1, "targets": [target(expr)]}], "templating": {"list": [query]}}
        found = opened(board, Answering(values=1))
        asyncio.run(found.vary())
        rule = rules()["dashboards/variable-values-have-data"]
        verdicts.append(judge(rule, "board", Evidence(tuple(found.variables.values()), "live")))
    assert [(one.outcome, one.reason) for one in verdicts] == [
        ("not-evaluated", "no panel that has data uses the variable"),
        ("pass", None),
    ]


@pytest.mark.parametrize(
    ("expr", "age", "proves"),
    [
        ("up offset 1h", 30, False),
        ("up offset 1h", 7200, True),
        ("up", 1, True),
        ("max_over_time(up[1h:1m])", 5, False),
    ],
)
def test_no_data_from_before_the_store_was_started_proves_nothing(expr: str, age: float, proves: bool) -> None:
    panels = [{"id": 1, "targets": [target(expr)]}]
    (young,) = opened({"panels": panels}, Answering(), time.monotonic() - age).panels.values()
    assert (young.unqueried == "") is proves
    (old,) = opened({"panels": panels}, Answering()).panels.values()
    assert old.unqueried == ""


def test_values_of_query_result_are_what_a_regex_of_grafana_reads() -> None:
    rows = [{"metric": {"__name__": "up", "route": route, "job": "a"}, "value": [5.5, "1"]} for route in ("/x", "/y")]
    query = {"name": "route", "type": "query", "query": "query_result(up)", "datasource": "Prometheus"}
    for regex in ('/route="([^"]+)"/', '/route="(?<value>[^"]+)".*/i'):
        found = opened({"templating": {"list": [{**query, "regex": regex}]}}, Answering(rows=rows))
        assert found.variables["route"].values == ("/x", "/y")
    assert opened({"templating": {"list": [query]}}, Answering(rows=rows)).variables["route"].values == (
        'up{route="/x",job="a"} 1 5500',
        'up{route="/y",job="a"} 1 5500',
    )


def test_without_grafana_the_dashboard_is_drawn_from_its_answers() -> None:
    panels = [{"id": 1, "targets": [target("up")]}, {"id": 2, "targets": [target('{a="b"}', "Loki")]}]
    provisioned = [ProvisionedDatasource("Prometheus", "p", "prometheus", default=True)]
    board = Dashboard.of({"title": "Board", "panels": panels}, "board.json")
    pictures: list[Picture] = []
    stores = Stores({"p": Source("p", "prometheus")}, {"p": Answering(values=1)}, provisioned=provisioned)

    asyncio.run(collect(stores, [board], pictures=pictures))
    (picture,) = pictures
    assert (picture.subject, picture.title, picture.parts, picture.drawn) == (board.subject, "Board", 2, True)
    assert b"<polyline" in picture.image
    asyncio.run(collect(stores, [board], "only one service was chosen", pictures=pictures))
    assert len(pictures) == 1


def test_what_a_dashboard_opens_with_is_told_before_it_is_queried_over_other_times() -> None:
    provisioned = [ProvisionedDatasource("Prometheus", "p", "prometheus", default=True)]
    path, panels = Answering(values=1), [{"id": 1, "targets": [target("up")]}]
    stores = Stores({"p": Source("p", "prometheus")}, {"p": path}, provisioned=provisioned)
    good, broken = Dashboard.of({"panels": panels}, "good.json"), Dashboard("broken.json", problem="is no JSON")

    async def run() -> tuple[int, dict[type, Any]]:
        opened: dict[str, asyncio.Future[dict[type, Any]]] = {
            one.subject: asyncio.get_running_loop().create_future() for one in (good, broken)
        }
        collecting = asyncio.create_task(collect(stores, [good, broken], opened=opened))
        first = await opened[good.subject]
        queries = len(path.queried)
        await collecting
        assert isinstance((await opened[broken.subject])[PanelData], NotEvaluated)
        return queries, first

    queries, first = asyncio.run(run())
    assert [one.values for one in first[PanelData]] == [1]
    assert queries < len(path.queried)


@pytest.mark.parametrize(("metric", "unknown"), [("ALERTS", {}), ("up", {"label of `up` named": ("instance",)})])
def test_which_labels_alerts_have_depends_on_the_alerts(metric: str, unknown: Mapping[str, Sequence[str]]) -> None:
    class Knowing(Answering):
        async def data(self, path: str, **_: str) -> Any:
            if path == "query":
                return {"resultType": "vector", "result": []}
            return [metric] if path == "label/__name__/values" else ["__name__", "alertname"]

    panels = [{"id": 1, "targets": [target(f'{metric}{{instance=~".+"}} > 5', "Prometheus")]}]
    (found,) = opened({"panels": panels}, Knowing()).panels.values()
    assert found.unknown == unknown


@pytest.mark.parametrize(
    ("own", "expr", "reason"),
    [
        (True, "rate(loki_lines_total[5m])", "loki is no real server here, so nothing exposes its metrics"),
        (True, "rate(loki_lines_total[5m]) / other_total", ""),
        (
            True,
            'rate({__name__=~"agent_total|loki_write_total"}[5m])',
            "loki is no real server here, so nothing exposes its metrics",
        ),
        (True, 'rate({__name__=~"agent_total|other_total"}[5m])', ""),
        (True, "lokal_total", ""),
        (False, "rate(loki_lines_total[5m])", ""),
    ],
)
def test_metrics_of_a_component_that_does_not_run_are_not_missed(own: bool, expr: str, reason: str) -> None:
    reasons = {"loki_": "loki is no real server here, so nothing exposes its metrics"}
    provisioned = [ProvisionedDatasource("Prometheus", "p", "prometheus", default=True)]
    stores = Stores({"p": Source("p", "prometheus")}, {"p": Answering()}, provisioned=provisioned, unscraped=reasons)
    board = Dashboard.of({"panels": [{"id": 1, "targets": [target(expr)]}]}, "board.json")
    found = Opened(board, stores, started=time.monotonic() - 86400 if own else None)
    asyncio.run(found.query_missing())
    (data,) = found.panels.values()
    assert data.unqueried == reason
    assert bool(data.unknown) is not bool(reason)


@pytest.mark.parametrize(
    ("names", "unknown"), [("up|gone_total", {}), ("no_total|gone_total", {"metric": ("no_total|gone_total",)})]
)
def test_of_a_choice_of_metrics_one_is_enough(names: str, unknown: Mapping[str, Sequence[str]]) -> None:
    panels = [{"id": 1, "targets": [target(f'{{__name__=~"{names}"}} > 5', "Prometheus")]}]
    (found,) = opened({"panels": panels}, Answering()).panels.values()
    assert found.unknown == unknown
