"""What is seen of a running stack: checkers, clocks, releases, sockets, gateways, and what cannot be seen."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from stack.backends.attached.backend import AttachedBackend, AttachedStack
from stack.backends.attached.target_file import TargetFile
from stack.backends.base import Component, StackPlan
from stack.backends.ports import sockets_of
from stack.clients.gateway import GatewayClient
from stack.component_info import EndOfLife
from stack.components import COMPONENTS
from stack.records.config.effective import ConfigCheck
from stack.records.config.release import RunningRelease
from stack.records.live.components import ClockSkew
from stack.servers.find import SERVERS_VARIABLE, find_binary, why_absent
from suites.components.collect.checkers import CHECKED, check
from suites.components.collect.component import clock, release
from suites.core.discovery import rules
from suites.core.evidence import NotEvaluated
from suites.core.inspected_stack import InspectedStack
from suites.gateway.collect.trial import weak_credentials
from tests.support.inspect_stack import Seen, collect_stack, inspected

SHIPPED = Path(__file__).parents[2] / "stack"
TODAY = date(2026, 11, 24)

SPOILED = {
    "prometheus": ("prometheus/prometheus.yml", "scrape_interval: 15s", "scrape_intervall: 15s", "scrape_intervall"),
    "loki": ("loki/loki-config.yaml", "auth_enabled: false", "auth_enabledd: false", "auth_enabledd"),
    "promtail": ("promtail/promtail-config.yaml", "\npositions:", "\nposition:", "position"),
    "alloy": ("alloy/config.alloy", "\nlogging {", "\nlogging {{", "expected"),
    "alertmanager": ("alertmanager/alertmanager.yml", "  receiver: on-call\n", "  receiver: nobody\n", "nobody"),
}


def found(records: Any) -> Any:
    """The one record; fails with the reason where there is none."""
    assert not isinstance(records, NotEvaluated), records.reason
    return records[0]


def said(rule: str, record: Any) -> list[str]:
    found = next(each for name, each in rules().items() if name.partition("/")[2] == rule)
    return [finding.message for finding in found.judge(record)]


@pytest.mark.native
@pytest.mark.parametrize("name", SPOILED)
def test_a_checker_accepts_what_is_shipped_and_refuses_what_is_spoiled(name: str, tmp_path: Path) -> None:
    if find_binary(CHECKED[name].binary) is None:
        pytest.skip(why_absent(CHECKED[name].binary))
    file, old, new, word = SPOILED[name]
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


def test_a_checker_that_is_absent_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SERVERS_VARIABLE, "none")
    assert isinstance(refused := check("loki", SHIPPED), NotEvaluated)
    assert refused.reason


def test_checkers_are_named_as_one_types_them() -> None:
    assert [checker.name for checker in CHECKED.values()] == [
        "promtool check config",
        "loki -verify-config",
        "promtail -check-syntax",
        "alloy fmt",
        "amtool check-config",
    ]


@dataclass
class Peer:
    """A server of the test's own: the status and the Date of its answers."""

    status: int = 200
    ahead_s: float = 0.0
    asked: list[str] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def peer() -> Iterator[Peer]:
    this = Peer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server calls
            this.asked.append(f"{self.path} {self.headers.get('Authorization', '-')}")
            self.send_response(this.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate((timestamp or time.time()) + this.ahead_s, usegmt=True)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    this.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield this
    server.shutdown()
    thread.join()
    server.server_close()


def attached(**endpoints: str) -> AttachedStack:
    return AttachedBackend(TargetFile(endpoints)).start(StackPlan(Path("unused"), SHIPPED))


@pytest.mark.parametrize(("ahead_s", "way"), [(0.0, ""), (90.0, "ahead"), (-90.0, "behind")])
def test_a_clock_that_is_wrong_is_seen(peer: Peer, ahead_s: float, way: str) -> None:
    peer.ahead_s = ahead_s

    async def measure() -> ClockSkew:
        async with httpx.AsyncClient(trust_env=False) as http:
            skew: ClockSkew = found(await clock(inspected(attached(loki=peer.url), http), "loki"))
            return skew

    told = said("clocks-in-sync", asyncio.run(measure()))

    assert len(told) == bool(way)
    assert all(message.startswith("the clock of loki is at least ") and message.endswith(way) for message in told)


@pytest.mark.native
def test_a_release_that_is_not_the_pinned_one_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    binary = find_binary("prometheus")
    if binary is None:
        pytest.skip(why_absent("prometheus"))
    component = Component("prometheus", "native", binary.version, "http://127.0.0.1:1", "make servers")
    stack = attached(prometheus="http://127.0.0.1:1")
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


def test_what_is_down_absent_or_elsewhere_is_not_evaluated_with_the_reason() -> None:
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


def test_weak_credentials_are_few_and_hold_the_users_own_name() -> None:
    pairs = weak_credentials("shop")

    assert len(pairs) <= 24
    assert ("shop", "shop") in pairs
    assert ("admin", "admin") in pairs
    assert ("admin", "") in pairs


def test_the_gateway_is_tried_without_the_clients_own_credentials(peer: Peer) -> None:
    async def knock() -> bool:
        async with httpx.AsyncClient(trust_env=False, auth=("a", "secret")) as http:
            client = GatewayClient(peer.url, http)
            assert (await client.route("/x")).denied is False
            return await client.accepts("/y", "admin", "admin")

    assert asyncio.run(knock()) is True
    assert peer.asked == ["/x -", "/y Basic YWRtaW46YWRtaW4="]


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
def test_a_tail_that_does_not_open_says_why(answer: str, problem: str) -> None:
    async def shake() -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer.encode())
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server, httpx.AsyncClient(trust_env=False) as http:
            port = server.sockets[0].getsockname()[1]
            return await GatewayClient(f"http://127.0.0.1:{port}", http).tail_problem("{a=~'.+'}", ("a", "b"))

    assert asyncio.run(shake()) == problem


def test_a_process_that_is_gone_has_no_sockets() -> None:
    assert sockets_of(2**22 + 1) is None
