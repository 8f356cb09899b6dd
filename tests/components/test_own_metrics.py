"""What the components' own metrics are asked for."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx
import pytest

from stack.backends.attached.backend import AttachedBackend
from stack.backends.attached.target_file import TargetFile
from stack.backends.base import Component, RunningStack, StackPlan
from stack.clients.prometheus import InstantSample
from stack.records.live.own_metrics import OwnMetrics
from suites.components.collect.own_metrics import RECENT, SECRETS, _expected, _owner, _told, own_metrics
from suites.core.evidence import NotEvaluated
from suites.core.inspected_stack import InspectedStack

FAILED = {"alertmanager_notifications_failed_total"}


@pytest.mark.parametrize(
    ("provenance", "files", "expected"),
    [
        ("native", [".gitignore"], FAILED),
        ("container", [], FAILED),
        ("native", [".gitignore", "webhook-url"], set()),
        ("attached", [], set()),
    ],
)
def test_only_a_stack_that_is_started_without_receivers_may_fail_to_notify(
    provenance: str, files: list[str], expected: set[str], tmp_path: Path
) -> None:
    (tmp_path / SECRETS).mkdir(parents=True)
    for name in files:
        (tmp_path / SECRETS / name).touch()
    component = Component("alertmanager", provenance)  # type: ignore[arg-type]  # one of its values
    running = cast("RunningStack", SimpleNamespace(components={"alertmanager": component}))
    assert _expected(InspectedStack(running, cast("httpx.AsyncClient", None), tmp_path)) == expected
    assert _expected(InspectedStack(running, cast("httpx.AsyncClient", None), None)) == set()


def test_a_fault_belongs_to_the_component_that_exposes_it() -> None:
    """Loki has a write-ahead log of Prometheus, with its metrics."""
    told = _told([InstantSample({"__name__": "loki_build_info", "job": "logs", "instance": "l:1"}, 1.0, 0.0)])
    failed = "prometheus_tsdb_wal_writes_failed_total"
    owners = [
        _owner(failed, {"instance": instance, "job": job}, told)
        for job, instance in (("logs", "l:1"), ("metrics", "p:1"))
    ]
    assert owners == ["loki", "prometheus"]


def test_metrics_are_of_the_target_that_has_them_and_gauges_are_lost_after_a_quarter_of_an_hour() -> None:
    loki, redis = {"job": "logs", "instance": "l:1"}, {"job": "cache", "instance": "r:1"}
    wal, up = "prometheus_tsdb_wal_corruptions_total", "redis_up"

    def answer(request: httpx.Request) -> httpx.Response:
        query, rows = request.url.params["query"], list[dict[str, str]]()
        if "_build_info" in query:
            rows = [{"__name__": "loki_build_info", **loki}]
        elif query.startswith("group by (__name__, job, instance)") and f"[{RECENT}]" not in query:
            rows = [{"__name__": wal, **loki}, {"__name__": up, **redis}]
        data = {"resultType": "vector", "result": [{"metric": one, "value": [1, "1"]} for one in rows]}
        return httpx.Response(200, json={"status": "success", "data": data})

    async def collect() -> dict[str, object]:
        stack = AttachedBackend(TargetFile({"prometheus": "http://p:1"})).start(StackPlan(Path("unused"), Path("no")))
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            return {
                name: of[OwnMetrics]
                for name, of in (await own_metrics(InspectedStack(stack, http, None), 3600)).items()
            }

    found = asyncio.run(collect())
    assert found["loki"] == [OwnMetrics("loki", frozenset({wal}), ())]
    assert found["redis-exporter"] == [OwnMetrics("redis-exporter", frozenset(), (), lost=frozenset({up}))]
    missing = found["prometheus"]
    assert isinstance(missing, NotEvaluated)
    assert not missing.applies
