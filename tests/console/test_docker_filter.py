"""The rule on the filter of the Docker API, on the real HAProxy: as it is shipped, and as one that lets all pass."""

import asyncio
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from stack.backends.attached.target_file import TargetFile, TargetFileError
from stack.records.console.docker_filter import DockerFilter, DockerRequest
from suites.console.collect.docker_filter import API, READ, REFUSED, asked, asked_outside, inside
from suites.console.collect.running import ConsoleCollector
from suites.console.rules.docker_api_is_filtered import check
from suites.core.evidence import Evidence, NotEvaluated
from suites.core.verdict import Verdict, judge
from tests.stack.test_docker_proxy import Engine, Note
from tests.support.docker_proxy import CONFIG, proxy


def judged(found: DockerFilter) -> Verdict:
    return judge(check, "docker-proxy", Evidence((found,), "live"))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[str]:
    path = str(tmp_path / "docker.sock")
    with Engine(path, Note) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield path
        server.shutdown()
        thread.join()


@pytest.mark.native
@pytest.mark.parametrize("shipped", [True, False])
def test_the_shipped_filter_passes_and_one_that_refuses_nothing_is_found(
    engine: str, tmp_path: Path, *, shipped: bool
) -> None:
    config = CONFIG
    if not shipped:
        config = tmp_path / "haproxy.cfg"
        text = CONFIG.read_text(encoding="utf-8").replace("http-request deny deny_status 403", "http-request allow")
        config.write_text(text, encoding="utf-8")
    with proxy(engine, tmp_path, actions=False, config=config) as address:
        found = asked(
            lambda method, path: (
                httpx.request(method, f"http://{address}{path}", trust_env=False, timeout=60).status_code
            )
        )
    verdict = judged(found)
    assert (verdict.outcome, len(verdict.findings)) == (("pass", 0) if shipped else ("fail", len(REFUSED)))


@pytest.mark.native
@pytest.mark.parametrize("shipped", [True, False])
def test_somebodys_filter_is_judged_by_what_only_reads(engine: str, tmp_path: Path, *, shipped: bool) -> None:
    config = CONFIG
    if not shipped:
        config = tmp_path / "haproxy.cfg"
        text = CONFIG.read_text(encoding="utf-8").replace("http-request deny deny_status 403", "http-request allow")
        config.write_text(text, encoding="utf-8")

    async def ask(address: str) -> DockerFilter:
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            found = await asked_outside(http, f"http://{address}")
        assert isinstance(found, DockerFilter)
        return found

    with proxy(engine, tmp_path, actions=False, config=config) as address:
        verdict = judged(asyncio.run(ask(address)))
    assert (verdict.outcome, len(verdict.findings)) == (("pass", 0) if shipped else ("fail", len(READS)))


READS = [path for method, path in REFUSED.values() if method == "GET"]


def attached(folder: Path, console: str, answer: Callable[[httpx.Request], httpx.Response]) -> Any:
    """What is collected of the filter that a target file names."""
    file = folder / "target.yaml"
    file.write_text(f"prometheus: http://prometheus.test\nconsole: {console}\n", encoding="utf-8")

    async def collect() -> Any:
        collector = ConsoleCollector(SimpleNamespace(target=TargetFile.load(file, {})))  # type: ignore[arg-type]  # what is used
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            return await collector._filter(SimpleNamespace(http=http))  # type: ignore[arg-type]  # what is used

    return asyncio.run(collect())


def test_a_live_engine_gets_no_request_that_could_change_something(tmp_path: Path) -> None:
    sent: list[tuple[str, str]] = []

    def everything(request: httpx.Request) -> httpx.Response:
        sent.append((request.method, str(request.url)))
        return httpx.Response(200, json=[])

    found = attached(tmp_path, "{url: http://console.test, docker_api: 'http://docker.test:2375'}", everything)
    assert judged(found).outcome == "fail"
    assert len(judged(found).findings) == len(READS) >= 4
    assert sorted(sent) == sorted(("GET", f"http://docker.test:2375{path}") for path in (*READS, READ[1]))


def test_a_filter_that_is_not_named_or_not_there_is_not_judged(tmp_path: Path) -> None:
    def nobody(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused")

    unnamed = attached(tmp_path, "http://console.test", nobody)
    assert (unnamed.applies, unnamed.reason) == (False, "the target file names no `docker_api` of its `console`")
    absent = attached(tmp_path, "{docker_api: 'http://docker.test:2375'}", nobody)
    assert absent == NotEvaluated("the filter of the Docker API does not answer at http://docker.test:2375")
    with pytest.raises(TargetFileError, match="docker_api"):
        attached(tmp_path, "{url: http://console.test, docker_api: /var/run/docker.sock}", nobody)


def test_a_filter_that_lets_nothing_pass_proves_nothing() -> None:
    assert judged(asked(lambda *_: 403)).outcome == "not-evaluated"
    assert judged(DockerFilter(200, (DockerRequest("a", "GET /a", 0),))).outcome == "fail"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("  HTTP/1.1 403 Forbidden\nwget: server returned error: HTTP/1.1 403 Forbidden", 403),
        ("HTTP request sent, awaiting response... \n  HTTP/1.1 200 OK\n", 200),
        ("wget: can't connect to remote host", 0),
    ],
)
def test_the_status_is_what_the_client_in_the_container_says(said: str, status: int) -> None:
    called: list[tuple[str, ...]] = []

    class Container:
        def execute(self, *arguments: str) -> Any:
            called.append(arguments)
            return subprocess.CompletedProcess(arguments, 0, "", said)

    assert inside(Container())("POST", "/build") == status  # type: ignore[arg-type]  # what is used of a container
    assert called[0][0] == "wget"
    assert called[0][-2:] == ("--post-data=", f"{API}/build")
