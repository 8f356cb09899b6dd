"""The gateway's configuration on a real nginx: who gets in, what goes where, what stays inside."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from stack.gateway.render import TEMPLATE, USERS_SCRIPT, render
from stack.servers.find import find_binary, why_absent

PASSWORD = "correct horse battery"
USER = ("observer", PASSWORD)
NGINX = find_binary("gateway")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="" if NGINX else why_absent("gateway"))


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked: path and the headers of interest."""

    def do_GET(self) -> None:  # the name that http.server calls
        if self.headers.get("Upgrade") == "websocket":
            self.send_response(101)
            self.send_header("Upgrade", "websocket")
            self.send_header("Connection", "Upgrade")
            self.end_headers()
            self.wfile.write(b"tail")
            return
        said = "\n".join([self.path, *(f"{name}: {self.headers[name]}" for name in self.headers)])
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.encode())

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def write_users(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    variables = {"PATH": os.environ["PATH"], "GATEWAY_DIR": str(folder), "GATEWAY_FURTHER_USERS": "/nowhere", **env}
    return subprocess.run(
        ["/bin/sh", USERS_SCRIPT], env=variables, capture_output=True, text=True, check=False, timeout=20
    )


@contextmanager
def running(folder: Path, upstreams: dict[str, str]) -> Iterator[str]:
    assert NGINX is not None
    port = free_port()
    values = {
        **upstreams,
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_DIR": str(folder),
        "NGINX_LOCAL_RESOLVERS": "127.0.0.1",
    }
    (folder / "nginx.conf").write_text(render(TEMPLATE.read_text(encoding="utf-8"), values), encoding="utf-8")
    assert write_users(folder, GATEWAY_USER=USER[0], GATEWAY_PASSWORD=PASSWORD).returncode == 0
    user = "user root;" if os.geteuid() == 0 else ""
    argv = [str(NGINX.path), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", f"daemon off; {user}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log)
    try:
        _wait(port, process, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{upstream.server_address[1]}"
    upstreams = dict.fromkeys(("GRAFANA_UPSTREAM", "PROMETHEUS_UPSTREAM", "LOKI_UPSTREAM"), address)
    with running(tmp_path_factory.mktemp("gateway"), upstreams) as url:
        yield url
    upstream.shutdown()
    upstream.server_close()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"nginx did not start: {log.read_text()}")


@needs_nginx
@pytest.mark.parametrize("path", ["/", "/healthz"])
def test_the_health_page_is_open(gateway: str, path: str) -> None:
    assert httpx.get(gateway + path).status_code == 200


@needs_nginx
@pytest.mark.parametrize("path", ["/grafana/", "/grafana/api/health", "/prometheus/graph", "/loki/api/v1/labels"])
@pytest.mark.parametrize(
    "auth", [None, ("observer", ""), ("observer", "admin"), ("admin", "admin"), ("admin", PASSWORD)]
)
def test_nobody_gets_in_without_the_password(gateway: str, path: str, auth: tuple[str, str] | None) -> None:
    assert httpx.get(gateway + path, auth=auth).status_code == 401


@needs_nginx
@pytest.mark.parametrize(
    ("asked", "passed_on"),
    [
        ("/grafana/d/services", "/grafana/d/services"),
        ("/prometheus/api/v1/query?query=up", "/api/v1/query?query=up"),
        ("/prometheus/", "/"),
        ("/loki/api/v1/query?query=%7Ba%3D%22b%22%7D", "/loki/api/v1/query?query=%7Ba%3D%22b%22%7D"),
        ("/loki/loki/api/v1/labels", "/loki/api/v1/labels"),
        ("/loki/ready", "/ready"),
    ],
)
def test_paths_reach_the_servers_as_they_know_them(gateway: str, asked: str, passed_on: str) -> None:
    answer = httpx.get(gateway + asked, auth=USER)

    assert answer.status_code == 200
    assert answer.text.splitlines()[0] == passed_on


@needs_nginx
def test_a_server_that_is_down_is_a_502_and_the_gateway_stays(tmp_path: Path) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    with running(
        tmp_path, dict.fromkeys(("GRAFANA_UPSTREAM", "PROMETHEUS_UPSTREAM", "LOKI_UPSTREAM"), nobody)
    ) as alone:
        assert httpx.get(alone + "/grafana/", auth=USER).status_code == 502
        assert httpx.get(alone + "/healthz").status_code == 200


@needs_nginx
def test_the_password_stays_at_the_gateway(gateway: str) -> None:
    said = httpx.get(gateway + "/grafana/", auth=USER, headers={"Host": "observability.example"}).text

    assert "Authorization" not in said
    assert "Host: observability.example" in said
    assert "X-Forwarded-For: 127.0.0.1" in said


@needs_nginx
@pytest.mark.parametrize(
    "path",
    [
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
    ],
)
def test_writing_and_deleting_stay_inside(gateway: str, path: str) -> None:
    assert raw_status(gateway, path) == 403


@needs_nginx
@pytest.mark.parametrize(
    "path", ["/loki/flush", "/loki/loki/flush", "/loki/config", "/loki/ingester/shutdown", "/api", "/x"]
)
def test_other_paths_lead_nowhere(gateway: str, path: str) -> None:
    assert raw_status(gateway, path) == 404


@needs_nginx
@pytest.mark.parametrize("path", ["/loki/api/v1/tail", "/loki/loki/api/v1/tail", "/grafana/api/live/ws"])
def test_websockets_pass(gateway: str, path: str) -> None:
    said = raw(gateway, path, "Upgrade: websocket\r\nConnection: Upgrade\r\n")

    assert said.startswith("HTTP/1.1 101 ")
    assert said.endswith("tail")


def raw(gateway: str, path: str, headers: str = "") -> str:
    """Ask without a client that tidies the path up."""
    token = base64.b64encode(":".join(USER).encode()).decode()
    host, _, port = gateway.removeprefix("http://").partition(":")
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {token}\r\n{headers or 'Connection: close'}"
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(f"{request.rstrip()}\r\n\r\n".encode())
        said = b""
        while not (headers and said.endswith(b"tail")) and (part := connection.recv(65536)):
            said += part
    return said.decode()


def raw_status(gateway: str, path: str) -> int:
    return int(raw(gateway, path).split(" ", 2)[1])


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"GATEWAY_USER": "observer"}, "gateway: GATEWAY_PASSWORD is not set; see .env.example\n"),
        ({"GATEWAY_PASSWORD": PASSWORD}, "gateway: GATEWAY_USER is empty; set it to the name to sign in with\n"),
        (
            {"GATEWAY_USER": "observer", "GATEWAY_PASSWORD": "admin"},
            "gateway: GATEWAY_PASSWORD has fewer than 12 characters; take a longer one\n",
        ),
        ({"GATEWAY_USER": "a:b", "GATEWAY_PASSWORD": PASSWORD}, "gateway: GATEWAY_USER must not contain a colon\n"),
    ],
)
def test_the_gateway_says_which_credential_is_missing(tmp_path: Path, env: dict[str, str], message: str) -> None:
    done = write_users(tmp_path, **env)

    assert (done.returncode, done.stderr) == (1, message)
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
    values = dict.fromkeys(
        ("GATEWAY_LISTEN", "GATEWAY_DIR", "GRAFANA_UPSTREAM", "PROMETHEUS_UPSTREAM", "LOKI_UPSTREAM"), "x"
    )
    with pytest.raises(KeyError, match="NGINX_LOCAL_RESOLVERS"):
        render("", values)
    assert render("$host ${GATEWAY_DIR} $LOKI_UPSTREAM", {**values, "NGINX_LOCAL_RESOLVERS": "y"}) == "$host x x"
