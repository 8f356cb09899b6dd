"""The gateway's configuration on a real nginx: access, routing, and what is not available through it."""

import base64
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from stack.backends.ports import free_port
from stack.clients.http import tls
from stack.eventually import eventually
from stack.gateway.render import TEMPLATE, USERS_SCRIPT, render, write
from tests.support.real_servers import need

PASSWORD = "correct horse battery"
USER = ("observer", PASSWORD)
UPSTREAMS = ("GRAFANA_UPSTREAM", "PROMETHEUS_UPSTREAM", "LOKI_UPSTREAM", "CONSOLE_UPSTREAM", "DOCAICHE_UPSTREAM")


class Echo(BaseHTTPRequestHandler):
    """Returns the path and headers of the request; accepts an upgrade to WebSocket."""

    def do_GET(self) -> None:  # the name that http.server calls
        if self.headers.get("Upgrade") == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            self.wfile.write(b"tail")
            return
        text = "\n".join([self.path, *(f"{name}: {self.headers[name]}" for name in self.headers)])
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


def write_users(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    variables = {"PATH": os.environ["PATH"], "GATEWAY_DIR": str(folder), "GATEWAY_FURTHER_USERS": "/nowhere", **env}
    return subprocess.run(
        ["/bin/sh", USERS_SCRIPT], env=variables, capture_output=True, text=True, check=False, timeout=120
    )


@contextmanager
def running(folder: Path, upstream: str, port: int = 0, **values: str) -> Iterator[str]:
    """The gateway in front of one upstream server for all routes but those in `values`; gives its URL."""
    (nginx,) = need("gateway")
    port = port or free_port()
    values = {
        **dict.fromkeys(UPSTREAMS, upstream),
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_DIR": str(folder),
        "GATEWAY_ACCESS": "password",
        "NGINX_LOCAL_RESOLVERS": "127.0.0.1",
        **values,
    }
    write(TEMPLATE.parent, folder, values)
    assert write_users(folder, GATEWAY_USER=USER[0], GATEWAY_PASSWORD=PASSWORD).returncode == 0
    user = "user root;" if os.geteuid() == 0 else ""
    argv = [str(nginx.path), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", f"daemon off; {user}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log)

    def listening() -> bool:
        assert process.poll() is None, f"nginx ended: {(folder / 'log').read_text()}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        eventually(listening, bool, 30, describe="nginx listens")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(120)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as upstream:
        thread = threading.Thread(target=upstream.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        with running(tmp_path_factory.mktemp("gateway"), f"127.0.0.1:{upstream.server_address[1]}") as url:
            yield url
        upstream.shutdown()
        thread.join()


def raw(gateway: str, path: str, headers: str = "") -> str:
    """The answer to a signed-in request for exactly this path: an HTTP client would normalize it."""
    token = base64.b64encode(":".join(USER).encode()).decode()
    host, _, port = gateway.removeprefix("http://").partition(":")
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {token}\r\n{headers or 'Connection: close'}"
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(f"{request.rstrip()}\r\n\r\n".encode())
        answer = b""
        while not (headers and answer.endswith(b"tail")) and (part := connection.recv(65536)):
            answer += part
    return answer.decode()


@pytest.mark.parametrize("path", ["/", "/healthz"])
def test_the_health_page_is_open(gateway: str, path: str) -> None:
    assert httpx.get(gateway + path, verify=tls()).status_code == 200


@pytest.mark.parametrize("path", ["/grafana/", "/grafana/api/health", "/prometheus/graph", "/loki/api/v1/labels"])
@pytest.mark.parametrize(
    "auth", [None, ("observer", ""), ("observer", "admin"), ("admin", "admin"), ("admin", PASSWORD)]
)
def test_access_needs_the_password(gateway: str, path: str, auth: tuple[str, str] | None) -> None:
    assert httpx.get(gateway + path, auth=auth, verify=tls()).status_code == 401


@pytest.mark.parametrize(
    ("requested", "forwarded"),
    [
        ("/grafana/d/services", "/grafana/d/services"),
        ("/prometheus/api/v1/query?query=up", "/api/v1/query?query=up"),
        ("/prometheus/", "/"),
        ("/loki/api/v1/query?query=%7Ba%3D%22b%22%7D", "/loki/api/v1/query?query=%7Ba%3D%22b%22%7D"),
        ("/loki/loki/api/v1/labels", "/loki/api/v1/labels"),
        ("/loki/ready", "/ready"),
    ],
)
def test_paths_are_rewritten_for_the_upstream_server(gateway: str, requested: str, forwarded: str) -> None:
    answer = httpx.get(gateway + requested, auth=USER, verify=tls())
    assert (answer.status_code, answer.text.splitlines()[0]) == (200, forwarded)


def test_an_upstream_server_that_is_down_is_a_502_and_the_gateway_keeps_running(tmp_path: Path) -> None:
    with running(tmp_path, f"127.0.0.1:{free_port()}") as alone:
        assert httpx.get(f"{alone}/grafana/", auth=USER).status_code == 502
        assert httpx.get(f"{alone}/healthz").status_code == 200


def test_the_password_is_not_forwarded(gateway: str) -> None:
    forwarded = httpx.get(f"{gateway}/grafana/", auth=USER, headers={"Host": "observability.example"}).text
    assert "Authorization" not in forwarded
    assert "Host: observability.example" in forwarded
    assert "X-Forwarded-For: 127.0.0.1" in forwarded


WRITES = (
    "/loki/api/v1/push",
    "/loki/loki/api/v1/push",
    "/loki/loki/api/v1/delete",
    "/loki//loki/api/v1/push",
    "/loki/%6coki/api/v1/push",
    "/loki/api/v1/x/../push",
    "/prometheus/api/v1/admin/tsdb/delete_series",
    "/prometheus/api/v1/write",
    "/prometheus/-/quit",
    "/prometheus/-/reload",
)
UNKNOWN = ("/loki/flush", "/loki/loki/flush", "/loki/config", "/loki/ingester/shutdown", "/api", "/x")


@pytest.mark.parametrize(("path", "status"), [*((path, 403) for path in WRITES), *((path, 404) for path in UNKNOWN)])
def test_writes_are_denied_and_other_paths_are_not_found(gateway: str, path: str, status: int) -> None:
    assert raw(gateway, path).startswith(f"HTTP/1.1 {status} ")


@pytest.mark.parametrize("path", ["/loki/api/v1/tail", "/loki/loki/api/v1/tail", "/grafana/api/live/ws"])
def test_websockets_are_forwarded(gateway: str, path: str) -> None:
    answer = raw(gateway, path, "Upgrade: websocket\r\nConnection: Upgrade\r\n")
    assert answer.startswith("HTTP/1.1 101 ")
    assert answer.endswith("tail")


@pytest.mark.parametrize(
    ("user", "password", "message"),
    [
        ("observer", "", "GATEWAY_PASSWORD is not set; see .env.example"),
        ("", PASSWORD, "GATEWAY_USER is empty; set it to the name to sign in with"),
        ("observer", "admin", "GATEWAY_PASSWORD has fewer than 12 characters; take a longer one"),
        ("a:b", PASSWORD, "GATEWAY_USER must not contain a colon"),
    ],
)
def test_missing_and_weak_credentials_are_refused(tmp_path: Path, user: str, password: str, message: str) -> None:
    given = {"GATEWAY_USER": user, "GATEWAY_PASSWORD": password}
    done = write_users(tmp_path, **{name: value for name, value in given.items() if value})
    assert (done.returncode, done.stderr) == (1, f"gateway: {message}\n")
    assert not (tmp_path / "users").exists()


def test_the_users_file_holds_hashes_and_further_users(tmp_path: Path) -> None:
    further = tmp_path / "further"
    further.write_text("second:$6$salt$hash\n", encoding="utf-8")
    done = write_users(tmp_path, GATEWAY_USER="observer", GATEWAY_PASSWORD=PASSWORD, GATEWAY_FURTHER_USERS=str(further))
    assert done.returncode == 0, done.stderr
    first, second = (tmp_path / "users").read_text(encoding="utf-8").splitlines()
    assert first.startswith("observer:$6$")
    assert second == "second:$6$salt$hash"
    assert PASSWORD not in first
    assert (tmp_path / "users").stat().st_mode & 0o077 == 0


def test_nginx_own_variables_stay_in_the_template() -> None:
    values = dict.fromkeys(("GATEWAY_LISTEN", "GATEWAY_DIR", "GATEWAY_ACCESS", *UPSTREAMS), "x")
    with pytest.raises(KeyError, match="NGINX_LOCAL_RESOLVERS"):
        render("", values)
    assert render("$host ${GATEWAY_DIR} $LOKI_UPSTREAM", {**values, "NGINX_LOCAL_RESOLVERS": "y"}) == "$host x x"
