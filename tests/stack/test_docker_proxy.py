"""What the stack's proxy of the Docker API lets through and what it refuses, on a real HAProxy.

The engine is a server that notes every request, so that a refusal is proven by what never reached it.
"""

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import UnixStreamServer

import pytest

from tests.support.docker_proxy import CONFIG, proxy

pytestmark = pytest.mark.native
ID = "0123456789ab"


class Engine(UnixStreamServer):
    """Answers 200 to everything, and notes what it was asked."""

    asked: list[str]

    def handle_error(self, *_: object) -> None:
        """A health check that the proxy gave up is no fault."""


class Note(BaseHTTPRequestHandler):
    """Notes a request."""

    server: Engine

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        self.close_connection = True
        if not self.raw_requestline or not self.parse_request():
            return
        if self.path != "/_ping" or self.headers.get("X-Test"):
            self.server.asked.append(f"{self.command} {self.path}")
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else b"ok")

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@dataclass
class Filter:
    """The running proxy: its address, and what has reached the engine."""

    address: str
    asked: list[str] = field(default_factory=list)

    def send(self, method: str, path: str, headers: str = "", body: str = "") -> int:
        """The status of the answer to exactly these bytes: a client would tidy up the path."""
        length = f"Content-Length: {len(body)}\r\n" if body and "chunked" not in headers else ""
        request = (
            f"{method} {path} HTTP/1.1\r\nHost: docker\r\nX-Test: 1\r\n{headers}{length}Connection: close\r\n\r\n{body}"
        )
        host, _, port = self.address.partition(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(request.encode())
            answer = b""
            while part := connection.recv(65536):
                answer += part
        return int(answer.split()[1])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    path = str(tmp_path_factory.mktemp("engine") / "docker.sock")
    with Engine(path, Note) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield path, server.asked
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def reading(engine: tuple[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filter]:
    """The proxy of the log agent."""
    with proxy(engine[0], tmp_path_factory.mktemp("reading"), actions=False) as address:
        yield Filter(address, engine[1])


@pytest.fixture(scope="module")
def acting(engine: tuple[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filter]:
    """The proxy of the console."""
    with proxy(engine[0], tmp_path_factory.mktemp("acting"), actions=True) as address:
        yield Filter(address, engine[1])


READS = (
    "/_ping",
    "/version",
    "/networks",
    "/events?since=0",
    "/containers/json?all=true&filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D",
    f"/containers/{ID}/json",
    "/containers/observability-storage-1/json",
    f"/containers/{ID}/logs?follow=1&stdout=1",
    f"/containers/{ID}/stats?stream=false",
)
ACTIONS = tuple(f"/containers/{ID}/{action}" for action in ("start", "stop?t=5", "restart"))


@pytest.mark.parametrize("prefix", ["", "/v1.24", "/v1.41", "/v1.51"])
@pytest.mark.parametrize("path", READS)
def test_reading_passes(reading: Filter, acting: Filter, path: str, prefix: str) -> None:
    for each in (reading, acting):
        each.asked.clear()
        assert each.send("GET", prefix + path) == 200
        assert each.asked == [f"GET {prefix}{path}"]
    assert reading.send("HEAD", "/_ping") == 200


@pytest.mark.parametrize("prefix", ["", "/v1.41"])
@pytest.mark.parametrize("path", ACTIONS)
def test_only_the_console_may_act(reading: Filter, acting: Filter, path: str, prefix: str) -> None:
    acting.asked.clear()
    assert acting.send("POST", prefix + path) == 200
    assert acting.asked == [f"POST {prefix}{path}"]
    assert reading.send("POST", prefix + path) == 403
    assert len(acting.asked) == 1


REFUSED = {
    "create": ("POST", "/containers/create"),
    "create with a name": ("POST", "/containers/create?name=x"),
    "exec": ("POST", f"/containers/{ID}/exec"),
    "exec start": ("POST", f"/exec/{ID}/start"),
    "exec inspect": ("GET", f"/exec/{ID}/json"),
    "attach": ("POST", f"/containers/{ID}/attach"),
    "attach by websocket": ("GET", f"/containers/{ID}/attach/ws"),
    "read files": ("GET", f"/containers/{ID}/archive?path=/etc"),
    "write files": ("PUT", f"/containers/{ID}/archive?path=/etc"),
    "about files": ("HEAD", f"/containers/{ID}/archive?path=/etc"),
    "export": ("GET", f"/containers/{ID}/export"),
    "changes": ("GET", f"/containers/{ID}/changes"),
    "processes": ("GET", f"/containers/{ID}/top"),
    "kill": ("POST", f"/containers/{ID}/kill"),
    "pause": ("POST", f"/containers/{ID}/pause"),
    "update": ("POST", f"/containers/{ID}/update"),
    "rename": ("POST", f"/containers/{ID}/rename?name=x"),
    "wait": ("POST", f"/containers/{ID}/wait"),
    "remove": ("DELETE", f"/containers/{ID}"),
    "prune": ("POST", "/containers/prune"),
    "build": ("POST", "/build"),
    "session": ("POST", "/session"),
    "grpc": ("POST", "/grpc"),
    "images": ("GET", "/images/json"),
    "pull": ("POST", "/images/create?fromImage=x"),
    "image's files": ("GET", "/images/x/get"),
    "load": ("POST", "/images/load"),
    "commit": ("POST", f"/commit?container={ID}"),
    "volumes": ("GET", "/volumes"),
    "make a volume": ("POST", "/volumes/create"),
    "network": ("GET", "/networks/bridge"),
    "make a network": ("POST", "/networks/create"),
    "connect to a network": ("POST", "/networks/bridge/connect"),
    "secrets": ("GET", "/secrets"),
    "configs": ("GET", "/configs"),
    "swarm": ("GET", "/swarm"),
    "plugins": ("GET", "/plugins"),
    "registry": ("POST", "/auth"),
    "about the engine": ("GET", "/info"),
    "disk": ("GET", "/system/df"),
    "root": ("GET", "/"),
    # by method
    "start by GET": ("GET", f"/containers/{ID}/start"),
    "start by PUT": ("PUT", f"/containers/{ID}/start"),
    "list by POST": ("POST", "/containers/json"),
    "ping by POST": ("POST", "/_ping"),
    "inspect by DELETE": ("DELETE", f"/containers/{ID}/json"),
    "options": ("OPTIONS", "/containers/json"),
    "trace": ("TRACE", "/containers/json"),
    "a method in small letters": ("get", "/containers/json"),
    # by path
    "up": ("GET", "/containers/../images/json"),
    "up to an action": ("POST", f"/containers/{ID}/start/../exec"),
    "up behind": ("GET", f"/containers/{ID}/json/../archive"),
    "encoded up": ("GET", "/containers/%2e%2e/images/json"),
    "encoded letter": ("GET", "/container%73/json"),
    "encoded slash": ("GET", f"/containers/{ID}%2farchive"),
    "encoded slash before a word that passes": ("GET", f"/containers/{ID}%2fexport%3f/json"),
    "double encoded": ("GET", "/containers/%252e%252e/json"),
    "double slash": ("GET", "//containers/json"),
    "double slash inside": ("GET", f"/containers//{ID}/json"),
    "slash at the end": ("GET", "/containers/json/"),
    "dots as a name": ("GET", "/containers/../json"),
    "one dot": ("GET", "/./containers/json"),
    "semicolon": ("GET", f"/containers/{ID};x/json"),
    "backslash": ("GET", f"/containers\\{ID}\\json"),
    "capitals": ("GET", "/Containers/json"),
    "name of the allowed in a query": ("POST", f"/containers/create?x=/containers/{ID}/start"),
    "version twice": ("GET", "/v1.41/v1.41/containers/json"),
    "strange version": ("GET", "/v1.41x/containers/json"),
    "version of another API": ("GET", "/v2.0/containers/json"),
    "version before something else": ("POST", "/v1.41/containers/create"),
    "version before up": ("GET", "/v1.41/../images/json"),
    "Podman's own API": ("GET", "/v4.0.0/libpod/containers/json"),
    "whole URL": ("POST", "http://docker/containers/create"),
}


@pytest.mark.parametrize(("method", "path"), REFUSED.values(), ids=REFUSED)
def test_all_else_is_refused(acting: Filter, method: str, path: str) -> None:
    acting.asked.clear()
    # HAProxy itself takes a path with a backslash or the like for no request at all.
    assert acting.send(method, path) in (403, 400)
    assert acting.asked == []


@pytest.mark.parametrize("upgrade", ["h2c", "tcp", "websocket"])
def test_no_connection_becomes_another_protocol(acting: Filter, upgrade: str) -> None:
    acting.asked.clear()
    assert acting.send("GET", "/_ping", f"Upgrade: {upgrade}\r\n") == 403
    assert acting.send("POST", f"/containers/{ID}/start", f"Upgrade: {upgrade}\r\n") == 403
    assert acting.asked == []


def test_an_action_has_no_body(acting: Filter) -> None:
    """Engines that still know versions before 1.24 take a container's configuration from it."""
    acting.asked.clear()
    privileged = '{"HostConfig": {"Privileged": true}}'
    assert acting.send("POST", f"/v1.18/containers/{ID}/start", body=privileged) == 403
    chunked = f"{len(privileged):x}\r\n{privileged}\r\n0\r\n\r\n"
    assert acting.send("POST", f"/v1.18/containers/{ID}/start", "Transfer-Encoding: chunked\r\n", chunked) == 403
    assert acting.asked == []


def test_a_second_request_in_the_same_connection_is_looked_at_too(acting: Filter) -> None:
    acting.asked.clear()
    host, _, port = acting.address.partition(":")
    first = "GET /containers/json HTTP/1.1\r\nHost: docker\r\n\r\n"
    second = "POST /containers/create HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(first.encode())
        answer = b""
        while not answer.endswith(b"ok"):
            answer += connection.recv(65536)
        connection.sendall(second.encode())
        while part := connection.recv(65536):
            answer += part
    assert re.findall(rb"HTTP/1\.\d (\d+)", answer) == [b"200", b"403"]
    assert acting.asked == ["GET /containers/json"]


def test_a_filter_that_lets_everything_pass_would_be_seen(engine: tuple[str, list[str]], tmp_path: Path) -> None:
    """The requests above do reach an engine that nothing protects."""
    text = CONFIG.read_text(encoding="utf-8")
    assert text.count("    http-request deny deny_status 403") == 3
    open_to_all = tmp_path / "haproxy.cfg"
    open_to_all.write_text(text.replace("http-request deny deny_status 403", "http-request allow"), encoding="utf-8")
    with proxy(engine[0], tmp_path, actions=False, config=open_to_all) as address:
        unfiltered = Filter(address, engine[1])
        reached = [name for name, (method, path) in REFUSED.items() if unfiltered.send(method, path) == 200]
    assert set(REFUSED) - set(reached) <= {"backslash", "trace", "options", "a method in small letters"}
