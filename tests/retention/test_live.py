"""What is read from running servers about retention: as shipped, set up otherwise than the files say, and silent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from stack.backends.base import StackPlan
from stack.backends.local.backend import LocalBackend
from stack.backends.ports import free_port
from stack.clients.loki import LokiClient
from stack.clients.prometheus import PrometheusClient
from stack.records.config.effective import EffectiveConfig
from stack.records.logs.entry import LogEntry
from stack.records.retention.running import CompactorRuns, RetentionObservation
from stack.servers.find import find_binary, why_absent
from stack.text.durations import DAY
from suites.core.discovery import rules
from suites.core.evidence import NotEvaluated
from suites.retention.collect.running import OWNERS, Live, collect
from suites.retention.collect.running_stack import compactor_runs, observe_attached
from suites.retention.collect.temporary_stack import ThrowawayLoki

STACK = Path(__file__).parents[2] / "stack"
NS = 1_000_000_000


def need(*names: str) -> None:
    for name in names:
        if find_binary(name) is None:
            pytest.skip(f"no real {name}: {why_absent(name)}")


def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=30, trust_env=False)


def findings(rule: str, found: object) -> list[str]:
    assert isinstance(found, list), found
    return [finding.message for record in found for finding in rules()[rule].judge(record)]


async def collected(loki: str, prometheus: str) -> Live:
    async with client() as http:
        return await collect(loki, prometheus, STACK, http, time.time())


@pytest.mark.native
def test_a_stack_as_shipped_says_what_its_files_say_and_is_too_young_for_the_rest(tmp_path: Path) -> None:
    need("loki", "prometheus")
    with LocalBackend().start(StackPlan(tmp_path, STACK, ("loki", "prometheus"))) as stack:
        found = asyncio.run(collected(stack.endpoint("loki") or "", stack.endpoint("prometheus") or ""))
    loki = found["loki"]
    assert findings("retention/running-retention-equals-files", loki[EffectiveConfig]) == []
    config = loki[EffectiveConfig]
    assert isinstance(config, list)
    assert [setting.key for setting in config[0].settings if not setting.same] == []
    assert {"limits_config.retention_period", "schema_config.configs.0.index.period"} <= {
        setting.key for setting in config[0].settings
    }
    young = loki[CompactorRuns]
    assert isinstance(young, NotEvaluated)
    assert "its compactor first applies retention 10m after the start" in young.reason
    nothing = loki[RetentionObservation]
    assert isinstance(nothing, NotEvaluated)
    assert "there is nothing older than seven days" in nothing.reason


@pytest.mark.native
def test_a_prometheus_without_the_shipped_flags_keeps_something_else(tmp_path: Path) -> None:
    need("prometheus")
    from suites.core.stack_files import prometheus_config
    from suites.retention.collect.effective import effective_prometheus

    shipped = prometheus_config(STACK)
    assert isinstance(shipped, list)
    named = replace(shipped[0], flags={"storage.tsdb.retention.time": "99d"})

    async def read(url: str) -> list[EffectiveConfig]:
        async with client() as http:
            return [await effective_prometheus(PrometheusClient(url, http), named)]

    with LocalBackend().start(StackPlan(tmp_path, STACK, ("prometheus",))) as stack:
        found = asyncio.run(read(stack.endpoint("prometheus") or ""))
    [message, *_] = findings("retention/running-retention-equals-files", found)
    assert message.startswith("`storage.tsdb.retention.time` is `99d` in the file and `")
    assert next(setting.key for setting in found[0].settings if not setting.same) == "storage.tsdb.retention.time"


@pytest.mark.native
def test_a_loki_set_up_otherwise_than_its_file_is_found_with_what_it_kept(tmp_path: Path) -> None:
    need("loki")
    binary = find_binary("loki")
    assert binary is not None
    flags = ("-compactor.retention-enabled=false", "-store.retention=720h")

    async def run() -> tuple[Live, object, object]:
        server = ThrowawayLoki(binary.path, tmp_path, STACK, flags)
        now = time.time()
        lines = [
            LogEntry((("service", "audit"),), round((now - 12 * DAY) * NS), "long ago"),
            LogEntry((("service", "fresh"),), round((now - 60) * NS), "a minute ago"),
        ]
        try:
            await server.start()
            async with client() as http:
                loki = LokiClient(server.url, http)
                await loki.push(lines)
                (await http.post(f"{server.url}/flush")).raise_for_status()
                found = await collect(server.url, NotEvaluated("no Prometheus"), STACK, http, now)
                observed = await observe_attached(loki, http, now)
                later = await observe_attached(loki, http, now + 30 * DAY, running_since=now - 9 * DAY)
                return found, observed, later
        finally:
            server.close()

    found, observed, later = asyncio.run(run())
    drift = findings("retention/running-retention-equals-files", found["loki"][EffectiveConfig])
    assert "`compactor.retention_enabled` is `true` in the file and `false` in the running loki" in drift
    assert "`limits_config.retention_period` is `168h` in the file and `30d` in the running loki" in drift
    assert found["prometheus"][EffectiveConfig] == NotEvaluated("no Prometheus")
    assert findings("retention/expired-data-deleted", [observed]) == [
        'stream `{service="audit"}` still returns a line that is 12.0 days old'
    ]
    # Thirty days on, the fresh line is what is too old, and the other beyond what one query may look back.
    assert findings("retention/expired-data-deleted", [later]) == [
        'stream `{service="fresh"}` still returns a line that is 30.0 days old'
    ]


def metrics(started: float, last: float) -> str:
    return (
        f"process_start_time_seconds {started}\n"
        f"loki_compactor_apply_retention_last_successful_run_timestamp_seconds {last}\n"
    )


def answering(started: float, last: float) -> Callable[[httpx.Request], httpx.Response]:
    """Answer as a Loki that has no line too old."""

    def answer(request: httpx.Request) -> httpx.Response:
        texts = {
            "/metrics": metrics(started, last),
            "/config": "compactor: {compaction_interval: 10m0s, apply_retention_interval: 15m0s}\n",
            "/loki/api/v1/series": '{"status": "success", "data": []}',
        }
        return httpx.Response(200, text=texts[request.url.path])

    return answer


def asked(
    question: Callable[[LokiClient, httpx.AsyncClient], Awaitable[object]], started: float, last: float
) -> object:
    async def ask() -> object:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answering(started, last))) as http:
            return await question(LokiClient("http://loki", http), http)

    return asyncio.run(ask())


def test_the_compactor_is_judged_once_it_had_time_to_run() -> None:
    now = time.time()
    young = asked(compactor_runs, now - 600, 0)
    assert isinstance(young, NotEvaluated)
    assert young.reason.startswith("Loki has been running for 10m")
    overdue = asked(compactor_runs, now - 7200, 0)
    assert findings("retention/loki-compactor-runs", [overdue]) == [
        "the compactor has not applied retention since Loki started 2h ago"
    ]
    stuck = asked(compactor_runs, now - DAY, now - 7200)
    assert findings("retention/loki-compactor-runs", [stuck]) == [
        "the compactor last applied retention 2h ago, its interval is 15m"
    ]
    assert findings("retention/loki-compactor-runs", [asked(compactor_runs, now - DAY, now - 600)]) == []


def test_nothing_old_says_something_only_after_eight_days() -> None:
    now = time.time()

    def look(since: float | None = None) -> Callable[[LokiClient, httpx.AsyncClient], Awaitable[object]]:
        return lambda loki, http: observe_attached(loki, http, now, since)

    assert isinstance(asked(look(), now - 7.5 * DAY, 0), NotEvaluated)
    for found in (asked(look(), now - 8.5 * DAY, 0), asked(look(now - 90 * DAY), now - DAY, 0)):
        assert isinstance(found, RetentionObservation)
        assert findings("retention/expired-data-deleted", [found]) == []


def test_servers_that_do_not_answer_are_told_as_such() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    found = asyncio.run(collected(url, url))
    for component, records in found.items():
        assert set(records) == {EffectiveConfig, CompactorRuns, RetentionObservation}
        for record, reason in records.items():
            assert isinstance(reason, NotEvaluated)
            assert reason.applies is (component in OWNERS[record])
            assert url in reason.reason or not reason.applies
