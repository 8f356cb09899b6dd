"""Servers that ask for credentials, tenants, certificates and proxies are reached as the target file says."""

import asyncio
import json
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from stack.backends.attached.backend import AttachedStack
from stack.backends.attached.target_file import TargetFile, TargetFileError
from stack.clients.http import CA_VARIABLE
from stack.clients.retries import RETRIES
from stack.clients.sign_in import Access, SignIn, async_client
from tests.support.certificates import Authority

LIMITS = httpx.Limits(max_keepalive_connections=0)
SECRETS = {"READER": "reader", "SECRET": "a-long-secret", "TOKEN": "t0k3n-of-the-night"}


@dataclass
class Server:
    """A small server that answers as Prometheus where it is asked with what `wants` names; `seen` are its requests."""

    url: str
    wants: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


def serving(context: ssl.SSLContext | None = None) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            known.seen.append((self.command, self.path, headers))
            right = all(headers.get(name) == value for name, value in known.wants.items())
            self.reply(200 if right else 401, {"status": "success", "data": {"version": "3.13.5"}} if right else {})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            known.seen.append((self.command, self.path, {name.lower(): value for name, value in self.headers.items()}))
            self.reply(200, {"access_token": "given", "expires_in": 3600})

        def reply(self, status: int, body: object) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        listening.socket = context.wrap_socket(listening.socket, server_side=True)
    known = Server(f"http{'s' if context else ''}://127.0.0.1:{listening.server_port}")
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield known
    listening.shutdown()
    listening.server_close()
    thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    yield from serving()


@pytest.fixture(autouse=True)
def nothing_repeated() -> Iterator[None]:
    """Leave no count of repeated requests to the next test."""
    yield
    RETRIES.take()


def load(folder: Path, text: str) -> TargetFile:
    (folder / "target.yaml").write_text(text, encoding="utf-8")
    (folder / "token").write_text("from-a-file\n", encoding="utf-8")
    return TargetFile.load(folder / "target.yaml", SECRETS)


def health(target: TargetFile) -> str | None:
    """What is wrong with Prometheus, asked both as the health check and as a collector does."""
    with AttachedStack(target) as stack:
        problem = stack.health()["prometheus"]
        assert stack.components["prometheus"].version == ("3.13.5" if problem is None else None)

    async def read() -> int:
        async with async_client(target.signed, LIMITS, target.per_second) as http:
            return (await http.get(f"{target.endpoints['prometheus']}/api/v1/rules")).status_code

    assert asyncio.run(read()) == (200 if problem is None else 401)
    return problem


BASIC = "Basic cmVhZGVyOmEtbG9uZy1zZWNyZXQ="
WAYS = {
    "basic": ("user_env: READER, password_env: SECRET", "authorization", BASIC),
    "basic by kinds": ("user: {env: READER}, password: {command: [echo, a-long-secret]}", "authorization", BASIC),
    "bearer": ("bearer: {env: TOKEN}", "authorization", "Bearer t0k3n-of-the-night"),
    "bearer in a file": ("bearer: {file: token}", "authorization", "Bearer from-a-file"),
    "tenant": ("tenant: team-a", "x-scope-orgid", "team-a"),
    "oauth2": (
        'oauth2: {token_url: "${url}/token", client_id: {env: READER}, client_secret: {env: SECRET}, scopes: [read]}',
        "authorization",
        "Bearer given",
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_sign_in_is_used(way: str, server: Server, tmp_path: Path) -> None:
    text, header, value = WAYS[way]
    server.wants = {header: value}
    target = load(tmp_path, f'prometheus: {{url: "{server.url}", {text.replace("${url}", server.url)}}}')

    assert health(target) is None
    tokens = [headers for method, path, headers in server.seen if (method, path) == ("POST", "/token")]
    assert len(tokens) == (2 if way == "oauth2" else 0), "a token is asked for once by each client"
    assert all(headers["authorization"] == BASIC for headers in tokens)
    assert not any(secret in repr(target) for secret in (*SECRETS.values(), "from-a-file")[1:])


def test_a_command_that_gives_a_secret_is_run_once(tmp_path: Path) -> None:
    asked = "bearer: {command: [sh, -c, 'echo asked >> asked.txt; wc -l < asked.txt']}"
    text = f"prometheus: {{url: http://h, {asked}}}\nloki: {{url: http://i, {asked}}}\n"
    target = load(tmp_path, f"{text}console: {{url: http://c, accounts: {{viewer: {{{asked}}}}}}}\n")

    assert target.console is not None
    found = [target.access["prometheus"], target.access["loki"], target.console.accounts["viewer"]]
    assert [one.bearer.strip() for one in found] == ["1", "1", "1"]
    assert (tmp_path / "asked.txt").read_text(encoding="utf-8") == "asked\n"


def test_a_server_that_refuses_says_what_to_set(server: Server, tmp_path: Path) -> None:
    server.wants = {"authorization": BASIC}
    assert "set `user_env` and `password_env`" in (health(load(tmp_path, f"prometheus: {server.url}")) or "")


def test_a_token_that_is_not_given_is_the_reason(server: Server, tmp_path: Path) -> None:
    text = f'oauth2: {{token_url: "{server.url}/none", client_id: {{env: READER}}, client_secret: {{env: SECRET}}}}'
    target = load(tmp_path, f'prometheus: {{url: "{server.url}", {text.replace(server.url, "http://127.0.0.1:1")}}}')
    with AttachedStack(target) as stack:
        assert "no answer" in (stack.health()["prometheus"] or "")


def test_a_client_certificate_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    for name in ("server", "client"):
        authority.signed(name, "20250101000000Z", "20990101000000Z")
    monkeypatch.setenv(CA_VARIABLE, str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "ca.pem"))
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    context.verify_mode = ssl.CERT_REQUIRED
    for server in serving(context):
        shown = "certificate: {file: client.pem, key: client.key}"
        assert health(load(tmp_path, f'prometheus: {{url: "{server.url}", {shown}}}')) is None
        with AttachedStack(load(tmp_path, f"prometheus: {server.url}")) as stack:
            assert "no answer" in (stack.health()["prometheus"] or "")


def test_a_proxy_is_used(server: Server, tmp_path: Path) -> None:
    target = load(tmp_path, f'prometheus: {{url: "http://prometheus.example:9090", proxy: "{server.url}"}}')
    assert health(target) is None
    assert all(path.startswith("http://prometheus.example:9090/") for _, path, _ in server.seen)


def test_requests_are_paced_and_end_in_time(server: Server) -> None:
    async def five() -> float:
        async with async_client({server.url: Access()}, LIMITS, 50) as http:
            begun = time.monotonic()
            await asyncio.gather(*(http.get(f"{server.url}/{number}") for number in range(5)))
            return time.monotonic() - begun

    assert asyncio.run(five()) >= 4 / 50

    async def late() -> None:
        async with async_client({server.url: Access(timeout_s=1e-6)}, LIMITS) as http:
            await http.get(server.url, timeout=30)

    with pytest.raises(httpx.TimeoutException):
        asyncio.run(late())


def test_headers_for_a_live_tail_are_those_of_its_server() -> None:
    signing = SignIn({"http://h": Access(("a", "b")), "http://h/loki": Access(bearer="t", tenant="x")})
    assert signing.headers("http://h/loki/tail") == {"authorization": "Bearer t", "X-Scope-OrgID": "x"}
    assert signing.headers("http://h/other") == {"authorization": "Basic YTpi"}
    assert signing.headers("http://elsewhere/") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bearer: {env: NOBODY}", "loki.bearer: the environment variable NOBODY is not set"),
        ("bearer: {file: nowhere}", "loki.bearer: "),
        ("bearer: {command: ['false']}", "loki.bearer: `false` gives no secret: exit code 1"),
        ("bearer: {command: ['true']}", "loki.bearer: true gives no secret: it is empty"),
        ("bearer: {env: TOKEN, file: token}", "loki.bearer: "),
        ("bearer: t0k3n", "loki.bearer: must be a mapping"),
        ("user: {env: READER}", "loki: needs password, too"),
        ("bearer: {env: TOKEN}, user: {env: READER}, password: {env: SECRET}", "user and bearer exclude each other"),
        ("certificate: {file: a.pem, key: a.key}", "loki.certificate: it cannot be used: "),
    ],
)
def test_a_secret_that_is_not_there_is_named(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(TargetFileError) as refused:
        load(tmp_path, f"loki: {{url: http://h, {text}}}")
    assert message in str(refused.value)
    assert not any(secret in str(refused.value) for secret in SECRETS.values() if secret != "reader")
