"""Dashboards on real servers: each rule seen red, through Grafana where it is found, and directly to Prometheus."""

import asyncio
import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from stack.backends.base import StackPlan
from stack.backends.local.backend import LocalBackend, LocalStack
from stack.eventually import eventually
from stack.records.dashboards.answers import VariableData
from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.grafana import GrafanaFiles, ServedDashboard
from stack.servers.find import find_binary, why_absent
from suites.core.area import StackFiles
from suites.core.discovery import in_area
from suites.core.evidence import Evidence, NotEvaluated, Records
from suites.core.verdict import judge
from suites.dashboards.collect import grafana
from suites.dashboards.collect.files import datasources, grafana_files, read, read_static
from suites.dashboards.collect.running import collect
from suites.dashboards.collect.stores import stores_of

STACK = Path(__file__).parents[2] / "stack"
TODAY = date(2026, 11, 24)
PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}
DEADLINE_S = 3.0


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


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the stack's files with other dashboards."""
    folder = tmp_path_factory.mktemp("files") / "stack"
    ignore = shutil.ignore_patterns("*.py", "dashboards")
    for name in ("grafana", "prometheus"):
        shutil.copytree(STACK / name, folder / name, ignore=ignore)
    shutil.copytree(STACK / "grafana" / "provisioning", folder / "grafana" / "provisioning", dirs_exist_ok=True)
    shutil.copy2(STACK / "docker-compose.yml", folder)
    (folder / "grafana" / "dashboards").mkdir()
    for name, body in FILES.items():
        (folder / "grafana" / "dashboards" / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")
    return folder


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


def broken(records: Records, area: str = "dashboards") -> dict[str, list[str]]:
    """The messages of each broken rule."""
    found: dict[str, list[str]] = {}
    for rule in in_area(area):
        judged = records.get(rule.record)
        if judged is not None and not isinstance(judged, NotEvaluated):
            verdict = judge(rule, "", Evidence(tuple(judged), "live"))
            assert verdict.outcome != "error", verdict.reason
            if verdict.findings:
                found[rule.id.partition("/")[2]] = [finding.message for finding in verdict.findings]
    return found


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
        for found in records.values():
            assert isinstance(found, NotEvaluated)
            assert found.applies
            assert found.reason.startswith(("the stack has no", "there is no"))


def test_shipped_dashboards_keep_the_static_rules() -> None:
    found = read_static(StackFiles(STACK, TODAY))
    assert "services" in found
    assert {subject: broken(records) for subject, records in found.items()} == {subject: {} for subject in found}


@pytest.mark.parametrize(
    ("change", "rule", "message"),
    [
        ({"uid": ""}, "has-uid-and-title", "the dashboard has no `uid`"),
        ({"panels": []}, "has-panels-with-queries", "no panel of the dashboard has a query"),
        (
            {"panels": [panel(1, "Up", "up", target={"datasource": {"uid": "gone"}})]},
            "datasource-references-resolve",
            "query A of panel `Up` uses the datasource `gone`, which is not provisioned",
        ),
    ],
)
def test_a_broken_file_is_red(change: dict[str, Any], rule: str, message: str, files: Path, tmp_path: Path) -> None:
    copy = tmp_path / "stack"
    shutil.copytree(files, copy)
    (copy / "grafana" / "dashboards" / "red.json").write_text(json.dumps({**FILES["fine"], **change}), encoding="utf-8")
    (copy / "grafana" / "dashboards" / "fine.json").unlink()
    grafana, (subject, records) = read_static(StackFiles(copy, TODAY)).items()
    assert grafana[0] == "grafana"
    assert broken(records) == {rule: [message]}
    assert subject == ("fine" if change.get("uid") != "" else "red")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "line 1: not JSON: "),
        ("[]", "expected an object, found list"),
        ('{"dashboard": {"uid": "a"}, "meta": {}}', "it is wrapped in `dashboard`"),
        ("[" * 100_000, "nested too deeply"),
        ('{"uid": "a"}\xff', "cannot be read"),
    ],
)
def test_a_file_that_is_no_dashboard_has_the_reason(text: str, problem: str, files: Path, tmp_path: Path) -> None:
    copy = tmp_path / "stack"
    shutil.copytree(files, copy)
    (copy / "grafana" / "dashboards" / "odd.json").write_bytes(text.encode("latin-1"))
    (odd,) = read_static(StackFiles(copy, TODAY))["odd"].values()
    assert isinstance(odd, list)
    assert problem in odd[0].problem


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.yml", "datasources: [{name: Other, type: loki}]", "the datasource `Other` has no `uid`"),
        ("x.yaml", "datasources: {", "stack/grafana/provisioning/datasources/x.yaml: line 2: not YAML: "),
        ("x.yml", "[]", "stack/grafana/provisioning/datasources/x.yml: line 1: "),
    ],
)
def test_a_broken_provisioning_file_is_red(name: str, text: str, message: str, files: Path, tmp_path: Path) -> None:
    copy = tmp_path / "stack"
    shutil.copytree(files, copy)
    assert broken({GrafanaFiles: grafana_files(copy)}) == {}
    (copy / "grafana" / "provisioning" / "datasources" / name).write_text(text, encoding="utf-8")
    ((rule, messages),) = broken({GrafanaFiles: grafana_files(copy)}).items()
    assert rule == "grafana-provisioned"
    assert messages[0].startswith(message)


def test_a_stack_without_dashboards_is_red(files: Path, tmp_path: Path) -> None:
    copy = tmp_path / "stack"
    shutil.copytree(files, copy)
    shutil.rmtree(copy / "grafana" / "dashboards")
    assert broken({GrafanaFiles: grafana_files(copy)}) == {"grafana-provisioned": ["no dashboard is provisioned"]}


def test_two_files_with_one_uid_are_reported(files: Path, tmp_path: Path) -> None:
    copy = tmp_path / "stack"
    shutil.copytree(files, copy)
    folder = copy / "grafana" / "dashboards"
    shutil.copy2(folder / "fine.json", folder / "more.json")
    found = broken(read_static(StackFiles(copy, TODAY))["fine"])
    assert found == {
        "has-uid-and-title": [
            "the uid `fine` is also that of stack/grafana/dashboards/more.json",
            "the uid `fine` is also that of stack/grafana/dashboards/fine.json",
        ]
    }
