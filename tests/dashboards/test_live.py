"""Dashboards on real servers: each rule seen red, through Grafana where it is found, and directly to Prometheus."""

import asyncio
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from stack.backends.base import StackPlan
from stack.backends.local.backend import LocalBackend, LocalStack
from stack.eventually import eventually
from stack.records.dashboards.answers import PanelData, VariableData
from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.grafana import ServedDashboard
from stack.servers.find import find_binary, why_absent
from suites.core.discovery import in_area
from suites.core.evidence import Evidence, NotEvaluated, Records
from suites.core.rule import Level
from suites.core.verdict import judge
from suites.dashboards.collect import grafana
from suites.dashboards.collect.files import datasources, read
from suites.dashboards.collect.panels import some
from suites.dashboards.collect.running import collect
from suites.dashboards.collect.stores import stores_of
from tests.dashboards.boards import STACK, broken, dashboard, panel

DEADLINE_S = 3.0


@pytest.fixture(scope="module", params=["grafana", "direct"])
def stack(
    request: pytest.FixtureRequest, files: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalStack]:
    wanted = ("prometheus", "grafana") if request.param == "grafana" else ("prometheus",)
    for name in wanted:
        if find_binary(name) is None:
            pytest.skip(f"no real {name}: {why_absent(name)}")
    with LocalBackend().start(StackPlan(tmp_path_factory.mktemp("run"), files, wanted)) as running:
        assert running.health() == dict.fromkeys(wanted)
        base = running.endpoint("prometheus")

        def scrapes() -> int:
            parameters = {"query": "max(count_over_time(prometheus_http_requests_total[1m]))"}
            answer = httpx.get(f"{base}/api/v1/query", params=parameters, trust_env=False).json()
            return max((int(row["value"][1]) for row in answer["data"]["result"]), default=0)

        eventually(scrapes, lambda count: count >= 2, 15, describe="Prometheus has scraped itself twice")
        yield running


@pytest.fixture(scope="module")
def seen(stack: LocalStack, files: Path) -> Mapping[str, Records]:
    """What the dashboards show, one that is in no file of Grafana's among them."""

    async def run() -> Mapping[str, Records]:
        shipped = read(files)
        missing = Dashboard.parse(json.dumps(dashboard("missing", [panel(1, "Up", "up")])))
        async with httpx.AsyncClient(trust_env=False) as http:
            stores = await asyncio.to_thread(stores_of, stack, shipped.datasources, http)
            return await collect(stores, [*shipped.dashboards, missing], deadline_s=DEADLINE_S)

    return asyncio.run(run())


@pytest.mark.native
def test_a_short_and_a_long_time_and_single_values_are_queried_too(seen: Mapping[str, Records]) -> None:
    records = seen["values"]
    queried = records[PanelData]
    assert not isinstance(queried, NotEvaluated)
    assert broken(records, Level.SHOULD) == {
        "variable-values-have-data": ["no panel has data for the value `prometheus_build_info` of variable `metric`"]
    }
    assert broken(records, Level.MUST) == {}
    assert {one.given for one in queried} == {"", "over 15m", "over 6h"}


def test_of_many_values_the_first_the_middle_and_the_last_are_chosen() -> None:
    assert [some(list("abcdefg")), some(["a"]), some([])] == [["a", "d", "g"], ["a"], []]


@pytest.mark.native
def test_panels_with_data_pass(seen: Mapping[str, Records]) -> None:
    assert broken(seen["fine"]) == {}
    variables = seen["fine"][VariableData]
    assert not isinstance(variables, NotEvaluated)
    assert "prometheus" in variables[0].values


@pytest.mark.native
def test_each_fault_is_reported_once_by_its_own_rule(seen: Mapping[str, Records]) -> None:
    found = broken(seen["red"])
    assert set(found) == {
        "panel-queries-succeed",
        "panels-have-data",
        "variable-queries-succeed",
        "variables-have-values",
    }
    (refused,) = found["panel-queries-succeed"]
    assert refused.startswith("query A of panel `Refused` fails: ")
    assert "unclosed left parenthesis" in refused
    assert sorted(found["panels-have-data"]) == [
        "query A of panel `Empty` returns no data",
        "query A of panel `Not a number` returns 1 series without a number",
        "query A of panel `Renamed` returns no data: there is no metric `promotheus_requests_total`",
        "query A of panel `Wrong label` returns no data: there is no label of `up` named `jobb`",
    ]
    (wrong,) = found["variable-queries-succeed"]
    assert wrong.startswith("the query of variable `wrong` fails: `label_value(up, job)` is no query")
    assert found["variables-have-values"][0] == "variable `none` has no values"
    assert "and its regex `/x(.*)/` matches none" in found["variables-have-values"][1]


@pytest.mark.native
def test_a_dashboard_that_grafana_does_not_have(stack: LocalStack, seen: Mapping[str, Records]) -> None:
    if stack.endpoint("grafana") is None:
        assert seen["fine"][ServedDashboard] == NotEvaluated("the stack has no grafana")
        return
    assert broken(seen["missing"]) == {"served-by-grafana": ["Grafana has no dashboard under the uid `missing`"]}
    assert "served-by-grafana" not in broken(seen["fine"])


@pytest.mark.native
def test_datasources_and_access_of_grafana(stack: LocalStack, files: Path) -> None:
    if stack.endpoint("grafana") is None:
        pytest.skip("this stack has no Grafana")
    found = broken(collect_grafana(stack, files))
    # There is no Loki in this stack.
    assert list(found) == ["datasources-work"]
    assert found["datasources-work"][0].startswith("the datasource `loki` does not work: ")


@pytest.mark.native
def test_a_grafana_without_access_control(files: Path, tmp_path: Path) -> None:
    if find_binary("grafana") is None:
        pytest.skip(f"no real grafana: {why_absent('grafana')}")
    careless = {
        "GF_SECURITY_ADMIN_USER": "admin",
        "GF_SECURITY_ADMIN_PASSWORD": "admin",
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
    }
    files_of_others = tmp_path / "stack"
    shutil.copytree(files, files_of_others)
    (files_of_others / "grafana" / "provisioning" / "datasources" / "datasources.yml").unlink()
    with LocalBackend().start(StackPlan(tmp_path / "run", files_of_others, ("grafana",), env=careless)) as stack:
        assert stack.health() == {"grafana": None}
        stack.credentials["grafana"] = ("admin", "admin")
        found = broken(collect_grafana(stack, files))
    assert found["grafana-no-weak-credentials"] == ["Grafana accepts the user `admin` with the password `admin`"]
    assert (
        "Grafana answers `/api/search` with 200 to an unauthenticated client"
        in found["grafana-unauthenticated-access-denied"]
    )
    assert found["datasources-served"] == [
        "Grafana serves no datasource with the uid `prometheus`",
        "Grafana serves no datasource with the uid `loki`",
    ]


def collect_grafana(stack: LocalStack, files: Path) -> Records:
    async def run() -> Records:
        promised, _ = datasources(files)
        async with httpx.AsyncClient(trust_env=False) as http:
            stores = await asyncio.to_thread(stores_of, stack, promised, http)
            return await grafana.collect(stores, promised)

    return asyncio.run(run())


def test_a_stack_without_servers_is_not_evaluated(tmp_path: Path) -> None:
    async def run() -> Mapping[str, Records]:
        shipped = read(STACK)
        async with httpx.AsyncClient() as http:
            with LocalBackend().start(StackPlan(tmp_path, STACK, ())) as stack:
                stores = stores_of(stack, shipped.datasources, http)
            return await collect(stores, shipped.dashboards, deadline_s=0.1)

    for records in asyncio.run(run()).values():
        for record, found in records.items():
            evidence = found if isinstance(found, NotEvaluated) else Evidence(tuple(found), "live")
            for rule in in_area("dashboards"):
                if rule.record is record:
                    verdict = judge(rule, "", evidence)
                    assert (verdict.outcome, verdict.applies) == ("not-evaluated", True)
                    assert (verdict.reason or "").startswith(("the stack has no", "there is no"))
