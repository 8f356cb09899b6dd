"""The rule on the filter of the Docker API, on the real HAProxy: as it is shipped, and as one that lets all pass."""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from stack.records.console.docker_filter import DockerFilter, DockerRequest
from suites.console.collect.docker_filter import API, REFUSED, asked, inside
from suites.console.rules.docker_api_is_filtered import check
from suites.core.evidence import Evidence
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
