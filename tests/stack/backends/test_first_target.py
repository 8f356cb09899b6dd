"""A first target file is made of servers that ask for credentials, which it names and does not hold."""

import contextlib
import json
import ssl
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from stack.backends.attached.first_target import UnknownServerError, first_target
from stack.backends.attached.target_file import TargetFile, TargetFileError
from stack.backends.ports import free_port
from tests.support.certificates import HERE, Authority
from tests.support.conformance_run import finished

SECRETS = {"READER": "reader", "WORD": "a long secret word"}
SIGN_IN = "user_env: READER, password_env: WORD"
TARGETS = [
    {"labels": {"job": "metric store", "instance": "m:1"}, "scrapeUrl": "http://m:1/metrics"},
    {"labels": {"job": "shop", "app": "Orders API"}, "scrapeUrl": "https://o:2/internal/metrics"},
    {"labels": {"job": "yes", "app": "pay"}, "scrapeUrl": "http://p:3/metrics"},
    {"labels": {"job": "uptime"}, "scrapeUrl": "http://b:9115/probe?module=http_2xx&target=http%3A%2F%2Fo%3A2"},
]
ANSWERS = {
    "/m/api/v1/status/buildinfo": {"data": {"version": "3.1.0"}},
    "/m/api/v1/status/runtimeinfo": {"data": {"storageRetention": "15d"}},
    "/m/api/v1/targets": {"data": {"activeTargets": TARGETS}},
    "/m/api/v1/query": {
        "data": {"result": [{"metric": {"__name__": "prometheus_build_info", "job": "metric store"}}]},
    },
    "/l/loki/api/v1/status/buildinfo": {"version": "3.6.0"},
    "/l/loki/api/v1/series": {"data": [{"app": "Orders API", "severity": "info"}]},
    "/l/loki/api/v1/query_range": {
        "data": {"result": [{"stream": {}, "values": [["1", '{"level":"info","ts":1795500000.5,"msg":"ready"}']]}]}
    },
}


@pytest.fixture
def gateway() -> Iterator[str]:
    """The URL of a gateway before Prometheus (`/m`) and Loki (`/l`) that asks for a password and knows GET only."""
    with served() as server:
        yield f"http://127.0.0.1:{server.server_port}"


@contextlib.contextmanager
def served() -> Iterator[ThreadingHTTPServer]:
    right = httpx.BasicAuth(SECRETS["READER"], SECRETS["WORD"])
    expected = next(right.auth_flow(httpx.Request("GET", "http://h"))).headers["authorization"]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = ANSWERS.get(urlsplit(self.path).path)
            known = self.headers.get("Authorization") == expected
            text = json.dumps(body or {}).encode()
            self.send_response(401 if not known else 404 if body is None else 200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def made(folder: Path, servers: Sequence[str]) -> tuple[str, TargetFile]:
    text = first_target(servers, folder, SECRETS).text
    (folder / "target.yaml").write_text(text, encoding="utf-8")
    return text, TargetFile.load(folder / "target.yaml", SECRETS)


def test_servers_behind_a_password_are_read_and_its_variables_are_named(gateway: str, tmp_path: Path) -> None:
    text, target = made(tmp_path, [f"{{url: {gateway}/{path}, {SIGN_IN}}}" for path in "ml"])

    assert text.splitlines()[1:] == [
        f"gateway: {{url: '{gateway}', {SIGN_IN}}}   # `health`: a path that needs no password",
        f"prometheus: {{url: '{gateway}/m', job: metric store, {SIGN_IN}}}",
        f"loki: {{url: '{gateway}/l', {SIGN_IN}}}",
        "labels: {service: app, level: severity}",
        "retention: {metrics: 15d}   # what it keeps now: is it what you promise?",
        "services:   # `format`, a name in schemas/logs, lets stored lines be judged: is it the right one?",
        (
            "  orders-api: {url: 'https://o:2', metrics: /internal/metrics, job: shop, "
            "logs: {app: Orders API}, format: zap}"
        ),
        "  pay: {url: 'http://p:3', job: 'yes'}",
        "jobs: [uptime]   # an exporter that asks others: no services of their own",
    ]
    assert "long secret" not in text
    assert target.credentials["loki"] == ("reader", "a long secret word")
    assert target.services["pay"].job == "yes"


def test_jobs_that_were_not_scraped_yet_are_told(gateway: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    never, once = {"lastScrape": "0001-01-01T00:00:00Z"}, {"lastScrape": "2026-11-28T07:00:00.123456789Z"}
    waiting = [
        {"labels": {"job": "agent"}, "scrapeUrl": "http://a:1/metrics", "scrapeInterval": "1m", **never},
        {"labels": {"job": "slow: one"}, "scrapeUrl": "http://a:2/metrics", "scrapeInterval": "10m", **never},
        {"labels": {"job": "half"}, "scrapeUrl": "http://a:3/metrics", "scrapeInterval": "15m", **never},
        {"labels": {"job": "half"}, "scrapeUrl": "http://a:4/metrics", "scrapeInterval": "15m", **once},
    ]
    monkeypatch.setitem(ANSWERS, "/m/api/v1/targets", {"data": {"activeTargets": [*TARGETS, *waiting]}})
    notice = (
        "Not scraped yet: the jobs [agent, 'slow: one']. They are taken for services, and components among them are "
        "not known as such: run this again after the scrape interval (10m)."
    )

    run = finished(tmp_path / "run", f"--write-target={{url: {gateway}/m, {SIGN_IN}}}", env=SECRETS)
    text, target = made(tmp_path, [f"{{url: {gateway}/m, {SIGN_IN}}}"])

    assert f"# {notice}" in text.splitlines()
    assert {"agent", "half"} < set(target.services)
    assert notice in run.output.splitlines()  # beside the file, in which it is a comment


def test_a_prometheus_without_targets_is_told(gateway: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    servers = [f"{{url: {gateway}/m, {SIGN_IN}}}"]
    assert first_target(servers, tmp_path, SECRETS).notice == ""

    monkeypatch.setitem(ANSWERS, "/m/api/v1/targets", {"data": {"activeTargets": []}})
    text, notice = first_target(servers, tmp_path, SECRETS)

    assert notice.startswith("Prometheus has no targets, so no job and no service is known: if it has just started, ")
    assert f"# {notice}" in text.splitlines()


def test_secrets_may_be_in_files_and_commands(gateway: str, tmp_path: Path) -> None:
    (tmp_path / "word").write_text("a long secret word\n", encoding="utf-8")
    sign_in = "user: {command: [sh, -c, 'echo >> asked; echo reader']}, password: {file: word}"
    text = first_target([f"{{url: {gateway}/m, {sign_in}}}"], tmp_path, SECRETS).text
    assert (tmp_path / "asked").read_text(encoding="utf-8") == "\n", "the command is run once"
    (tmp_path / "target.yaml").write_text(text, encoding="utf-8")
    target = TargetFile.load(tmp_path / "target.yaml", SECRETS)
    assert "password: {file: word}" in text
    assert target.credentials["prometheus"] == ("reader", "a long secret word")


def test_a_refusal_says_how_to_sign_in(gateway: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownServerError, match=r"/m: it answers 401: give it as \{url: …, user_env: …, password_env"):
        first_target([f"{gateway}/m"], tmp_path, SECRETS)


def test_a_server_that_is_down_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(UnknownServerError, match=r"no answer \("):
        first_target([f"http://127.0.0.1:{free_port()}"], tmp_path, SECRETS)


WRONG = {
    "{url: http://h, usr_env: A}": "usr_env: unknown key; did you mean 'user_env'?",
    "{url: http://h, user_env: NOBODY, password_env: WORD}": "user_env: the environment variable NOBODY is not set",
    "{job: logs}": "url: is missing",
    "http://me:pass@h": "is not a URL such as http://host:9090",
    "{url: http://h, password: word}": "password: must be a mapping",
    "{url: ": "not YAML",
}


@pytest.mark.parametrize(("server", "message"), WRONG.items())
def test_a_wrong_server_is_refused_before_a_request_is_sent(server: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(TargetFileError) as refused:
        first_target([server], tmp_path, SECRETS)
    assert message in str(refused.value)
    assert "me:pass" not in str(refused.value)


def test_the_command_ends_with_one_message(tmp_path: Path) -> None:
    run = finished(tmp_path, "--write-target={url: http://h, user_env: NOBODY, password_env: NOBODY}")
    assert run.code == 4
    assert "--write-target: " in run.output
    assert "the environment variable NOBODY is not set" in run.output


def test_the_command_trusts_the_authority_that_it_is_given(tmp_path: Path) -> None:
    certificate = Authority(tmp_path).itself("gateway", HERE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    with served() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        asked = f"--write-target=https://127.0.0.1:{server.server_port}/m"
        unknown, trusted = (
            finished(tmp_path / "1", asked),
            finished(tmp_path / "2", asked, "--ca-file", str(certificate)),
        )
    assert "CERTIFICATE_VERIFY_FAILED" in unknown.output
    assert "it answers 401" in trusted.output
