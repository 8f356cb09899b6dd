"""What is not known of alerting: its rules get no verdict."""

import asyncio
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from stack.clients.prometheus import PrometheusClient
from stack.records.alerts.alertmanager import AlertmanagerConfig
from stack.records.alerts.running import LoadedRules
from stack.records.alerts.setup import Ruler
from suites.alerts.collect import running
from suites.alerts.collect.files import read_folder, read_static
from suites.core.area import StackFiles
from suites.core.discovery import rules
from suites.core.evidence import Evidence, NotEvaluated
from suites.core.verdict import Verdict, judge
from tests.alerts.test_files import STACK, TODAY

CONFIG = "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: 'http://localhost:8080/'}]}]\n"


def test_loki_rules_beside_a_file_of_loki_that_cannot_be_read_are_not_evaluated(tmp_path: Path) -> None:
    shutil.copytree(STACK / "loki", tmp_path / "loki")
    (tmp_path / "loki/loki-config.yaml").write_text("ruler: [", encoding="utf-8")
    found = read_static(StackFiles(tmp_path, TODAY))["loki"][Ruler]
    assert isinstance(found, NotEvaluated)
    assert found.applies
    assert "loki-config.yaml cannot be read" in found.reason


@pytest.mark.parametrize("compose", ["services: {}", None])
def test_where_no_container_is_known_loopback_proves_nothing(compose: str | None, tmp_path: Path) -> None:
    (tmp_path / "alertmanager").mkdir()
    (tmp_path / "alertmanager/alertmanager.yml").write_text(CONFIG, encoding="utf-8")
    if compose is not None:
        (tmp_path / "docker-compose.yml").write_text(compose, encoding="utf-8")
    for static in (read_static(StackFiles(tmp_path, TODAY)), read_folder(tmp_path)):
        (config,) = static["alertmanager"][AlertmanagerConfig]  # type: ignore[misc]  # it was read
        assert config.in_container is None


def loaded_rules(series: list[str], query: str) -> LoadedRules:
    """The rules of a Prometheus that has one alert, which waits for a minute, and these metrics."""
    answers: dict[str, Any] = {
        "label/__name__/values": series,
        "series": [{"__name__": name} for name in series],
        "targets": {"activeTargets": []},
        "query": {"resultType": "vector", "result": []},
        "rules": {
            "groups": [{"name": "a", "rules": [{"name": "A", "query": query, "health": "ok", "duration": 60}]}],
        },
    }

    def reply(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1/")
        known = path in answers
        return httpx.Response(200 if known else 404, json={"status": "success", "data": answers.get(path)})

    async def run() -> LoadedRules:
        async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as http:
            prometheus = PrometheusClient("http://prometheus.test", http)
            found = await running._rules(prometheus, stack, partial=False)
            assert isinstance(found, list)
            return found[0]

    components = {"prometheus": SimpleNamespace(provenance="attached")}
    below = SimpleNamespace(components=components, endpoint=lambda _: None)
    stack: Any = SimpleNamespace(stack=below, config_dir=None, missing=lambda _: None)
    return asyncio.run(run())


def verdict(name: str, record: LoadedRules) -> Verdict:
    return judge(rules()[f"alerts/{name}"], "prometheus", Evidence((record,), "live"))


def test_a_prometheus_without_series_says_nothing_about_names() -> None:
    empty = verdict("metrics-not-renamed", loaded_rules([], "node_cpu > 1"))
    assert (empty.outcome, empty.reason) == ("not-evaluated", "the server has no series yet")
    assert empty.applies
    assert verdict("metrics-not-renamed", loaded_rules(["node_cpu"], "node_cpu > 1")).outcome == "pass"


def test_a_rule_whose_series_need_not_be_there_is_not_judged_by_them() -> None:
    assert verdict("selectors-have-series", loaded_rules(["node_cpu"], "node_cpu > 1")).outcome == "pass"
    absent = verdict("selectors-have-series", loaded_rules(["node_cpu"], "absent(node_cpu)"))
    assert (absent.outcome, absent.applies) == ("not-evaluated", False)


@pytest.mark.parametrize(("wait", "difference"), [("2m", "its `for` is 60s, in the file 2m"), ("1m", "")])
def test_where_expressions_cannot_be_compared_the_rest_of_a_rule_is(wait: str, difference: str) -> None:
    def reply(_: httpx.Request) -> httpx.Response:
        return httpx.Response(404, json={"status": "error", "error": "no such path"})

    async def run() -> str:
        async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as http:
            prometheus = PrometheusClient("http://prometheus.test", http)
            written = {"alert": "A", "expr": "sum(a) by (b)", "for": wait}
            return await running._difference(prometheus, written, {"query": "sum by (b) (a)", "duration": 60})

    assert asyncio.run(run()) == difference
