"""The console behind the real gateway: one sign-in for every path, live streams through it, and no forged identity."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from stack.backends.ports import free_port
from stack.console.access.scope import Role
from stack.console.app import create_app
from stack.console.serve import listen, server_of
from stack.console.settings import Settings
from tests.console.conftest import PASSWORD
from tests.gateway.test_gateway import Echo, running

ADA, VERA = ("ada", PASSWORD), ("vera", PASSWORD)


@contextmanager
def console(settings: Settings) -> Iterator[str]:
    app = create_app(settings)
    for name, role, systems in (("ada", Role.ADMIN, ["*"]), ("vera", Role.VIEWER, ["dante"])):
        app.state.guard.accounts.create(name, PASSWORD, role, systems, [])
    listener = listen("127.0.0.1:0")
    server = server_of(app)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    folder = tmp_path_factory.mktemp("console")
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as upstream:
        thread = threading.Thread(target=upstream.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        behind = f"127.0.0.1:{upstream.server_address[1]}"
        settings = Settings(
            data=folder / "data",
            public_url=f"http://127.0.0.1:{port}",
            loki=f"http://{behind}",
            prometheus=f"http://{behind}",
        )
        home = tmp_path_factory.mktemp("gateway")
        with (
            console(settings) as address,
            running(home, behind, port, GATEWAY_ACCESS="console", CONSOLE_UPSTREAM=address) as url,
        ):
            httpx.get(f"{url}/grafana/", auth=ADA).raise_for_status()  # its thread for passwords starts now, and stays
            yield url
        upstream.shutdown()
        thread.join()


TAKES_NO_POST = 501
"""What the server behind the gateway answers to a POST that reached it."""
PATHS = ("/grafana/", "/prometheus/api/v1/query", "/loki/api/v1/labels")


@pytest.mark.native
@pytest.mark.parametrize("path", PATHS)
def test_one_sign_in_for_every_path(gateway: str, path: str) -> None:
    anonymous = httpx.get(gateway + path)
    assert anonymous.status_code == 401
    page = httpx.get(gateway + path, headers={"Accept": "text/html,*/*"})
    assert (page.status_code, page.headers["location"]) == (302, "/console/")
    assert httpx.get(gateway + path, auth=("ada", "wrong")).status_code == 401
    assert httpx.get(gateway + path, auth=VERA).status_code == 403  # these servers cannot narrow what they answer
    assert httpx.get(gateway + path, auth=ADA).status_code == 200
    with httpx.Client() as browser:
        signed = browser.post(f"{gateway}/api/v1/session", json={"name": "ada", "password": PASSWORD})
        assert signed.status_code == 201
        assert browser.get(gateway + path).status_code == 200
        browser.delete(
            f"{gateway}/api/v1/session", headers={"Origin": gateway, "X-Console-Request": "1"}
        ).raise_for_status()
        assert browser.get(gateway + path).status_code == 401


@pytest.mark.native
def test_grafana_is_told_who_it_is_and_no_client_can_forge_it(gateway: str) -> None:
    forged = {"X-WEBAUTH-USER": "root", "X-WEBAUTH-ROLE": "Admin", "X-Console-Account": "root"}
    seen = httpx.get(f"{gateway}/grafana/x", auth=ADA, headers=forged).text.lower()
    assert "x-webauth-user: ada" in seen
    assert "x-webauth-role: admin" in seen
    assert "x-webauth-user: root" not in seen
    assert "authorization" not in seen  # the console's credentials stay with the gateway
    assert PASSWORD not in seen


@pytest.mark.native
def test_writing_stays_closed_for_everyone(gateway: str) -> None:
    for path in (
        "/prometheus/api/v1/admin/tsdb/snapshot",
        "/loki/api/v1/push",
        "/internal/authorize",
        "/console-authorization",
    ):
        assert httpx.get(gateway + path, auth=ADA).status_code in (403, 404), path


@pytest.mark.native
def test_the_write_ups_own_paths_go_to_docaiche(gateway: str) -> None:
    assert httpx.get(f"{gateway}/api/v1/health").text.startswith("/api/v1/health")
    assert httpx.get(f"{gateway}/api/v1/monitoring").status_code == 401
    told = httpx.get(f"{gateway}/api/v1/monitoring", auth=ADA).json()
    assert [each["name"] for each in told["services"]][:2] == ["loki", "prometheus"]


@pytest.mark.native
def test_streams_pass_and_foreign_pages_do_not(gateway: str) -> None:
    with httpx.Client() as browser:
        browser.post(f"{gateway}/api/v1/session", json={"name": "ada", "password": PASSWORD}).raise_for_status()
        cookie = {"Cookie": f"console={browser.cookies['console']}"}
    url = f"ws{gateway.removeprefix('http')}/api/v1/ws/metrics?query=up&every=2s"
    with connect(url, additional_headers=cookie | {"Origin": gateway}, proxy=None) as socket:
        assert json.loads(socket.recv(timeout=60))["type"] == "values"
    for origin in ({"Origin": "http://evil.example"}, {"Origin": "http://127.0.0.1:9"}, {}):
        with pytest.raises(InvalidStatus) as refused, connect(url, additional_headers=cookie | origin, proxy=None):
            pass
        assert refused.value.response.status_code == 403
    with httpx.stream("GET", f"{gateway}/api/v1/sse/metrics?query=up&every=2s", auth=ADA, timeout=60) as events:
        assert next(events.iter_lines()).startswith("event: values")


@pytest.mark.native
def test_a_password_that_a_browser_remembers_is_worth_nothing_to_other_sites(gateway: str) -> None:
    foreign = {"Origin": "http://evil.example"}
    assert httpx.post(f"{gateway}/grafana/api/x", auth=ADA, headers=foreign).status_code == 403
    assert httpx.post(f"{gateway}/grafana/api/x", auth=ADA, headers={"Origin": gateway}).status_code == TAKES_NO_POST
    assert httpx.post(f"{gateway}/grafana/api/x", auth=ADA).status_code == TAKES_NO_POST
    url = f"ws{gateway.removeprefix('http')}/loki/api/v1/tail?query=%7B%7D"
    with httpx.Client() as browser:
        browser.post(f"{gateway}/api/v1/session", json={"name": "ada", "password": PASSWORD}).raise_for_status()
        cookie = {"Cookie": f"console={browser.cookies['console']}"}
    with pytest.raises(InvalidStatus) as refused, connect(url, additional_headers=cookie | foreign, proxy=None):
        pass
    assert refused.value.response.status_code == 403


def test_only_the_gateways_own_pages_show_grafana_in_a_frame(gateway: str) -> None:
    answer = httpx.get(f"{gateway}/grafana/d/services", auth=ADA)
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert (
        "frame-ancestors 'none'" in httpx.get(f"{gateway}/api/v1/session", auth=ADA).headers["Content-Security-Policy"]
    )
