"""What is collected from a running stack: checkers, clocks, releases, sockets, gateways, and what is missing."""

import asyncio
import shutil
import time
from collections import Counter
from dataclasses import replace
from datetime import date
from email.utils import formatdate
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import httpx
import pytest

from stack.backends.attached.backend import AttachedBackend, AttachedStack
from stack.backends.attached.target_file import TargetFile
from stack.backends.base import Component, StackPlan
from stack.backends.ports import sockets_of
from stack.clients.gateway import TAIL, GatewayClient
from stack.clients.sign_in import Access
from stack.component_info import EndOfLife
from stack.components import COMPONENTS
from stack.records.config.effective import ConfigCheck
from stack.records.config.release import RunningRelease
from stack.records.live.catalog import RunningJobs
from stack.records.live.components import ClockSkew, ComponentTargets
from stack.servers.find import SERVERS_VARIABLE
from suites.components.collect import component, prometheus
from suites.components.collect.checkers import CHECKED, check
from suites.components.collect.component import clock, release
from suites.components.collect.prometheus import targets_and_jobs
from suites.core.discovery import rules
from suites.core.evidence import NotEvaluated
from suites.core.inspected_stack import InspectedStack
from suites.core.rule import NotCollected
from suites.gateway.collect.trial import weak_credentials
from tests.support.inspect_stack import Seen, collect_stack, inspected
from tests.support.real_servers import need

SHIPPED = Path(__file__).parents[2] / "stack"
TODAY = date(2026, 11, 24)

BROKEN = {
    "prometheus": ("prometheus/prometheus.yml", "scrape_interval: 15s", "scrape_intervall: 15s", "scrape_intervall"),
    "loki": ("loki/loki-config.yaml", "auth_enabled: false", "auth_enabledd: false", "auth_enabledd"),
    "promtail": ("promtail/promtail-config.yaml", "\npositions:", "\nposition:", "position"),
    "alloy": ("alloy/config.alloy", "\nlogging {", "\nlogging {{", "expected"),
    "alertmanager": ("alertmanager/alertmanager.yml", "  receiver: team\n", "  receiver: nowhere\n", "nowhere"),
    "docker-proxy": ("docker-proxy/haproxy.cfg", "default_backend engine", "default_backend nowhere", "nowhere"),
}


def found(records: Any) -> Any:
    """The one record; fails with the reason where there is none."""
    assert not isinstance(records, NotEvaluated), records.reason
    return records[0]


def said(rule: str, record: Any) -> list[str]:
    found = next(each for name, each in rules().items() if name.partition("/")[2] == rule)
    return [finding.message for finding in found.judge(record)]


@pytest.mark.native
@pytest.mark.parametrize("name", BROKEN)
def test_checkers_accept_the_shipped_files_and_reject_broken_ones(name: str, tmp_path: Path) -> None:
    need(CHECKED[name].binary)
    file, old, new, word = BROKEN[name]
    shutil.copytree(SHIPPED / name, tmp_path / "stack" / name)
    path = tmp_path / "stack" / file
    shipped = path.read_text(encoding="utf-8")
    assert said("configuration-passes-checker", found(check(name, tmp_path / "stack"))) == []
    assert old in shipped

    path.write_text(shipped.replace(old, new), encoding="utf-8")
    record: ConfigCheck = found(check(name, tmp_path / "stack"))

    [message] = said("configuration-passes-checker", record)
    assert message.startswith(f"`{record.checker}` rejects stack/{file}: ")
    assert word in message
    assert str(tmp_path) not in message


def test_a_missing_checker_has_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SERVERS_VARIABLE, "none")
    assert isinstance(refused := check("loki", SHIPPED), NotEvaluated)
    assert refused.reason


def test_checkers_are_named_by_their_command() -> None:
    assert [checker.name for checker in CHECKED.values()] == [
        "promtool check config",
        "loki -verify-config",
        "promtail -check-syntax",
        "alloy fmt",
        "amtool check-config",
        "haproxy -c -f",
    ]


def attached(**endpoints: str) -> AttachedStack:
    return AttachedBackend(TargetFile(endpoints)).start(StackPlan(Path("unused"), SHIPPED))


@pytest.mark.parametrize(
    ("ahead_s", "later_s", "way"),
    [(0.0, 0.0, ""), (90.0, 90.0, "ahead"), (-90.0, -90.0, "behind"), (-5.0, 0.0, "")],
    ids=["right", "ahead", "behind", "kept waiting by the machine"],
)
def test_clock_skew_is_found(ahead_s: float, later_s: float, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(component, "NEXT_S", 0.01)
    monkeypatch.setattr(component, "OFF_S", 0.2 if ahead_s == later_s else 60.0)
    ahead = chain([ahead_s] * 5, repeat(later_s))

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Date": formatdate(time.time() + next(ahead), usegmt=True)})

    async def measure() -> ClockSkew:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            skew: ClockSkew = found(await clock(InspectedStack(attached(loki="http://loki"), http, None), "loki"))
            return skew

    messages = said("clocks-in-sync", asyncio.run(measure()))

    assert len(messages) == bool(way)
    assert all(each.startswith("the clock of loki is at least ") and each.endswith(way) for each in messages)


@pytest.mark.native
def test_a_release_that_is_not_pinned_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    (binary,) = need("prometheus")
    stack = attached(prometheus="http://127.0.0.1:1")
    component = Component("prometheus", "native", binary.version, "http://127.0.0.1:1", "make servers")
    stack.components["prometheus"] = component

    def released() -> RunningRelease:
        healthy = InspectedStack(stack, httpx.AsyncClient(), None)
        record: RunningRelease = found(release(healthy, "prometheus", TODAY))
        return record

    assert said("running-version-is-pinned", released()) == []
    row = EndOfLife(binary.version.rpartition(".")[0], date(2026, 1, 1), "https://x", "a newer one")
    monkeypatch.setitem(COMPONENTS, "prometheus", replace(COMPONENTS["prometheus"], tag="v9.9.9", ends=(row,)))

    assert said("running-version-is-pinned", released()) == [
        f"prometheus runs {binary.version} (from make servers), and the stack's files pin v9.9.9"
    ]
    assert said("running-version-not-past-end-of-life", released()) == [
        f"the running prometheus {binary.version} is past its end of life, 2026-01-01"
    ]


def test_components_that_are_down_or_absent_are_not_evaluated_with_the_reason() -> None:
    async def collect() -> Seen:
        async with httpx.AsyncClient(trust_env=False) as http:
            return await collect_stack(inspected(attached(loki="http://127.0.0.1:1"), http))

    first = asyncio.run(collect())

    records = [record for about in first.values() for record in about.values()]
    assert all(isinstance(record, NotEvaluated) for record in records)
    assert all(record.reason for record in records)
    assert first["loki"][ClockSkew].reason.startswith("because loki does not work: http://127.0.0.1:1/ready: no answer")
    assert first["grafana"][ClockSkew].reason == "there is no real grafana: the target file names no `grafana`"
    assert first["alloy"][ClockSkew].applies is False
    assert "`files`" in first["loki"][ConfigCheck].reason


def listed(job: str, scraped: str, health: str) -> dict[str, Any]:
    """One target as Prometheus lists it."""
    times = {"lastScrape": scraped, "lastScrapeDuration": 0.1, "scrapeInterval": "1m", "scrapeTimeout": "5s"}
    labels = {"job": job, "instance": f"{job}:1"}
    return {"labels": labels, "health": health, "scrapeUrl": f"http://{job}:1/metrics", "lastError": "", **times}


@pytest.mark.parametrize(
    ("only", "found"),
    [
        (listed("shippers", "2026-11-24T10:00:00Z", "up"), []),
        (listed("other", "2026-11-24T10:00:00Z", "up"), ["job `other` is neither in the catalog nor a component"]),
        (listed("other", "2026-11-24T10:00:00Z", "down"), None),
        (listed("other", "0001-01-01T00:00:00Z", "unknown"), None),
    ],
    ids=["exposes-its-build", "is-another", "never-answered", "not-scraped-yet"],
)
def test_a_job_of_a_site_is_unknown_only_once_it_has_answered(only: dict[str, Any], found: list[str] | None) -> None:
    job = only["labels"]["job"]
    asked = Counter[str]()

    def answer(request: httpx.Request) -> httpx.Response:
        query = request.url.params.get("query", "")
        asked[query] += 1
        if request.url.path.endswith("/targets"):
            data: Any = {"activeTargets": [only]}
        elif query:
            # What was scraped can be read a little later only.
            readable = only["health"] == "up" and ("up[" not in query or asked[query] > 1)
            labels = [{"job": job}] if readable else []
            if "build_info" in query:
                of_it = {"__name__": "promtail_build_info", "instance": f"{job}:1"}
                labels = [{**one, **of_it} for one in labels if job == "shippers"]
            data = {"resultType": "vector", "result": [{"metric": one, "value": [1, "1"]} for one in labels]}
        else:
            data = {"startTime": "2026-11-24T09:00:00Z", "lastConfigTime": "2026-11-24T09:00:00Z"}
        return httpx.Response(200, json={"status": "success", "data": data})

    async def judge() -> list[str]:
        target = TargetFile({"prometheus": "http://prometheus:9090"})
        stack = AttachedBackend(target).start(StackPlan(Path("unused"), SHIPPED))
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            records = await targets_and_jobs(InspectedStack(stack, http, None, {}), (), target=target)
        return said("running-jobs-are-in-catalog", records["prometheus"][RunningJobs][0])

    if found is None:
        with pytest.raises(NotCollected, match="no job has answered a scrape yet"):
            asyncio.run(judge())
    else:
        assert asyncio.run(judge()) == found


def test_a_component_that_may_be_a_target_without_a_scrape_is_not_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus, "SCRAPED_S", 1.0)
    only = listed("itself", "0001-01-01T00:00:00Z", "unknown") | {"scrapeInterval": "1s"}

    def answer(_: httpx.Request) -> httpx.Response:
        data: Any = {"activeTargets": [only], "resultType": "vector", "result": []}
        return httpx.Response(200, json={"status": "success", "data": data})

    async def collected() -> Any:
        target = TargetFile({"prometheus": "http://prometheus:9090"})
        stack = AttachedBackend(target).start(StackPlan(Path("unused"), SHIPPED))
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            records = await targets_and_jobs(InspectedStack(stack, http, None, {}), (), target=target)
        return records["prometheus"][ComponentTargets]

    missing = asyncio.run(collected())
    assert missing == NotEvaluated("1 of Prometheus' targets were not scraped yet, such as one of job `itself`")


def test_weak_credentials_are_few_and_include_the_user_name() -> None:
    pairs = weak_credentials("shop")

    assert len(pairs) <= 24
    assert {("shop", "shop"), ("admin", "admin"), ("admin", "")} <= set(pairs)


def test_gateway_requests_do_not_use_the_clients_credentials() -> None:
    requests: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append((request.url.path, request.headers.get("Authorization", "-")))
        return httpx.Response(200)

    async def access() -> tuple[bool, bool]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer), auth=("a", "secret")) as http:
            client = GatewayClient("http://gateway", http)
            return (await client.route("/x")).denied, (await client.route("/y", ("admin", "admin"))).denied

    assert asyncio.run(access()) == (False, False)
    assert requests == [("/x", "-"), ("/y", "Basic YWRtaW46YWRtaW4=")]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", "answered 502 Bad Gateway instead of 101 Switching Protocols"),
        (
            "HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n",
            "answered 302 Found instead of 101 Switching Protocols",
        ),
        (
            "HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n",
            "invalid Sec-WebSocket-Accept header: x",
        ),
        ("nonsense", "did not receive a valid HTTP response"),
    ],
)
def test_a_tail_that_does_not_open_has_a_reason(answer: str, problem: str) -> None:
    async def connect() -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer.encode())
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server, httpx.AsyncClient(trust_env=False) as http:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            return await GatewayClient(url, http).tail_problem(
                f"{url}{TAIL}", "{a=~'.+'}", {"authorization": "Basic YTpi"}, Access()
            )

    assert asyncio.run(connect()) == problem


def test_an_ended_process_has_no_sockets() -> None:
    assert sockets_of(2**22 + 1) is None
