"""Retention settings and data read from running servers: as shipped, different from the files, and unreachable."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
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
from stack.records.retention.running import LAST_SUCCESS, STARTED, CompactorRuns, RetentionObservation
from stack.text.durations import DAY
from suites.core.discovery import rules
from suites.core.evidence import NotEvaluated
from suites.core.rule import NotCollected
from suites.core.stack_files import prometheus_config
from suites.retention.collect.effective import effective_prometheus
from suites.retention.collect.running import OWNERS, Live, collect
from suites.retention.collect.running_stack import compactor_runs, observe_attached, observe_prometheus
from suites.retention.collect.temporary_stack import TemporaryLoki
from tests.support.real_servers import need

STACK = Path(__file__).parents[2] / "stack"
NS = 1_000_000_000
DELETIONS = "prometheus_tsdb_time_retentions_total"


def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=120, trust_env=False)


def findings(rule: str, found: object) -> list[str]:
    assert isinstance(found, list), found
    return [finding.message for record in found for finding in rules()[rule].judge(record)]


async def collected(loki: str, prometheus: str) -> Live:
    async with client() as http:
        return await collect(loki, prometheus, STACK, http, time.time())


@pytest.mark.native
def test_the_shipped_stack_uses_its_settings_and_is_too_new_for_the_rest(tmp_path: Path) -> None:
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
    for record, reason in (
        (CompactorRuns, "its compactor first applies retention 10m after the start"),
        (RetentionObservation, "there is nothing older than 7 days"),
    ):
        missing = loki[record]
        assert isinstance(missing, NotEvaluated)
        assert reason in missing.reason


@pytest.mark.native
def test_a_prometheus_with_another_retention_than_its_flag_is_found(tmp_path: Path) -> None:
    need("prometheus")
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
def test_a_loki_with_other_settings_than_its_file_and_expired_data_is_found(tmp_path: Path) -> None:
    (binary,) = need("loki")
    flags = ("-compactor.retention-enabled=false", "-store.retention=720h")

    async def run() -> tuple[Live, object, object]:
        server = TemporaryLoki(binary.path, tmp_path, STACK, flags)
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
    # After thirty days the fresh line has expired, and the other is beyond the time range of one query.
    assert findings("retention/expired-data-deleted", [later]) == [
        'stream `{service="fresh"}` still returns a line that is 30.0 days old'
    ]


def answering(started: float, last: float, oldest: float | None = None) -> Callable[[httpx.Request], httpx.Response]:
    """Answer as a Loki without expired lines; it has a stream from `oldest` on."""

    def kept_streams(request: httpx.Request) -> list[dict[str, str]]:
        end = int(request.url.params.get("end", 0)) / NS
        return [{"app": "api"}] if oldest and oldest < end else []

    def answer(request: httpx.Request) -> httpx.Response:
        texts = {
            "/metrics": f"{STARTED} {started}\n{LAST_SUCCESS} {last}\n",
            "/config": "compactor: {compaction_interval: 10m0s, apply_retention_interval: 15m0s}\n",
            "/loki/api/v1/series": f'{{"status": "success", "data": {json.dumps(kept_streams(request))}}}',
        }
        return httpx.Response(200, text=texts[request.url.path])

    return answer


def asked(
    question: Callable[[LokiClient, httpx.AsyncClient], Awaitable[object]],
    started: float,
    last: float,
    oldest: float | None = None,
) -> object:
    async def ask() -> object:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answering(started, last, oldest))) as http:
            return await question(LokiClient("http://loki", http), http)

    return asyncio.run(ask())


def test_the_compactor_is_judged_once_it_had_time_to_run() -> None:
    now = time.time()
    new = asked(compactor_runs, now - 600, 0)
    assert isinstance(new, NotEvaluated)
    assert new.reason.startswith("Loki has been running for 10m")
    for started, last, messages in (
        (now - 7200, 0, ["the compactor has not applied retention since Loki started 2h ago"]),
        (now - DAY, now - 7200, ["the compactor last applied retention 2h ago, its interval is 15m"]),
        (now - DAY, now - 600, []),
    ):
        assert findings("retention/loki-compactor-runs", [asked(compactor_runs, started, last)]) == messages


def test_expired_data_is_judged_only_once_it_would_be_there() -> None:
    now = time.time()

    def observe(since: float | None = None) -> Callable[[LokiClient, httpx.AsyncClient], Awaitable[object]]:
        return lambda loki, http: observe_attached(loki, http, now, since)

    assert isinstance(asked(observe(), now - 7.1 * DAY, 0, now - 6.9 * DAY), NotEvaluated)
    for since, started in ((None, now - 7.2 * DAY), (now - 90 * DAY, now - DAY)):
        found = asked(observe(since), started, 0, now - 6.9 * DAY)
        assert isinstance(found, RetentionObservation)
        assert findings("retention/expired-data-deleted", [found]) == []
    with pytest.raises(NotCollected, match="loki has no data of the last of the 7 days either"):
        findings("retention/expired-data-deleted", [asked(observe(), now - 9 * DAY, 0, now - DAY)])


@pytest.mark.parametrize(
    ("ages", "promised", "deletions", "messages"),
    [
        ([7.2, 7.7], 7, 3, []),
        ([7.2, 7.7], 7, 0, None),
        ([7.2, 20], 7, 0, ["Prometheus still returns samples of `up` that are more than 20 days old"]),
        ([15.5, 20], 15, 3, ["Prometheus still returns samples of `up` that are more than 20 days old"]),
        ([15.5, 17], 15, 1, []),
        ([15.5, 17], 15, "started 17 days ago", None),
        ([15.5, 17], 15, "started 18 days ago", []),
        ([], 7, 3, None),
    ],
)
def test_samples_older_than_promised_are_found(
    ages: list[float], promised: int, deletions: int | str, messages: list[str] | None
) -> None:
    now = time.time()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/metrics":
            return httpx.Response(404 if isinstance(deletions, str) else 200, text=f"{DELETIONS} {deletions}\n")
        if request.url.path.endswith("/runtimeinfo"):
            days = int(str(deletions).split()[1])
            started = datetime.fromtimestamp(now - days * DAY, UTC).isoformat()
            return httpx.Response(200, json={"status": "success", "data": {"startTime": started}})
        assert float(request.url.params["end"]) < now - (promised - 0.1) * DAY
        rows = [{"metric": {}, "values": [[now - age * DAY, "1"] for age in ages]}] if ages else []
        return httpx.Response(200, json={"status": "success", "data": {"resultType": "matrix", "result": rows}})

    async def observe() -> object:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            return await observe_prometheus(PrometheusClient("http://prometheus", http), now, promised * DAY)

    found = asyncio.run(observe())
    assert isinstance(found, NotEvaluated) is (messages is None)
    assert messages is None or findings("retention/expired-data-deleted", [found]) == messages


def test_unreachable_servers_are_not_evaluated() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    found = asyncio.run(collected(url, url))
    for component, records in found.items():
        assert set(records) == {EffectiveConfig, CompactorRuns, RetentionObservation}
        for record, reason in records.items():
            assert isinstance(reason, NotEvaluated)
            assert reason.applies is (component in OWNERS[record])
            assert url in reason.reason or not reason.applies
