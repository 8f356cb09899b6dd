"""The reference services, started as the catalog says, expose and log what the catalog promises."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from fixtures.catalog import Service, load
from fixtures.launch import Place, launches, log_file
from fixtures.service import ExpectedLine
from stack.eventually import eventually
from stack.native.failures import BuildError
from stack.native.gobuild import build

ROOT = Path(__file__).resolve().parents[1]
SERVICES = {service.name: service for service in load(ROOT / "fixtures" / "services").services}
OWN = ("auth-service", "docaiche-api", "api-gateway", "provider-registry", "scheduler", "storage")
TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# What Prometheus 3 sends by default.
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
LEVELS = {"warn": "warning"}


@dataclass
class Started:
    """A running service and where its output goes."""

    service: Service
    process: subprocess.Popen[bytes]
    client: httpx.Client
    log: Path
    stdout: Path
    stderr: Path

    def exposition(self, accept: str = TEXT) -> str:
        return self.client.get(self.service.metrics.path, headers={"Accept": accept}).text

    def lines(self) -> list[dict[str, Any]]:
        """All log lines; each must be one JSON object."""
        lines = [json.loads(line) for line in self.log.read_bytes().splitlines()]
        assert all(isinstance(line, dict) for line in lines)
        return lines


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def program(service: Service) -> Path | None:
    """The Go program of a service that has one; skips where it cannot be built."""
    local = service.start.local
    if local is None or local.build is None:
        return None
    try:
        return build(local.build.module, "dante", local.build.package)
    except BuildError as error:
        pytest.skip(f"the Go services cannot be built here: {error}")


def start(service: Service, folder: Path, port: int) -> tuple[subprocess.Popen[bytes], Path, Path]:
    (launch,) = launches(service, Place(port, folder, folder, built=program(service)), lambda _name: None)
    stdout, stderr = folder / f"{service.name}.stdout", folder / f"{service.name}.stderr"
    with stdout.open("wb") as out, stderr.open("wb") as err:
        process = subprocess.Popen(
            launch.argv, cwd=launch.cwd, env={**os.environ, **launch.env}, stdout=out, stderr=err
        )
    return process, stdout, stderr


@pytest.fixture(scope="module", params=OWN)
def started(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    service, folder, port = SERVICES[request.param], tmp_path_factory.mktemp(request.param), free_port()
    process, stdout, stderr = start(service, folder, port)
    assert service.logs is not None
    assert service.ready is not None
    log = log_file(service, folder) if service.logs.source == "file" else stdout
    path = service.ready.path
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=5, trust_env=False) as client:
            running = Started(service, process, client, log, stdout, stderr)
            eventually(lambda: status_of(running, path), lambda status: status == 200, 10, describe="ready")
            yield running
    finally:
        process.kill()
        process.wait()


def status_of(running: Started, path: str) -> int | None:
    assert running.process.poll() is None, running.stderr.read_text() + running.stdout.read_text()
    try:
        return running.client.get(path).status_code
    except httpx.TransportError:
        return None


def counted(text: str) -> Counter[tuple[str, tuple[tuple[str, str], ...]]]:
    return Counter(
        {
            (sample.name, tuple(sorted(sample.labels.items()))): int(sample.value)
            for family in read_text(text)
            if family.type == "counter"
            for sample in family.samples
            if sample.name == "http_requests_total"
        }
    )


def normalised(line: dict[str, Any]) -> dict[str, Any]:
    """The three shapes' names for the same things, as far as these tests need them."""
    return {**line, "level": LEVELS.get(line["level"], line["level"]), "message": line.get("msg", line.get("message"))}


def fits(line: dict[str, Any], wanted: ExpectedLine) -> bool:
    known = {"level": wanted.level, "logger": wanted.logger, "message": wanted.message, **wanted.fields}
    return all(line.get(key) == value for key, value in known.items() if value is not None)


def test_traffic_leaves_exactly_the_promised_counts_and_lines(started: Started) -> None:
    service, before = started.service, counted(started.exposition())
    sent: list[tuple[str, tuple[ExpectedLine, ...]]] = []
    for number, request in enumerate(service.traffic):
        for repeat in range(request.count):
            identity = f"req-{number}-{repeat}"
            answer = started.client.request(
                request.method,
                request.path,
                headers={**request.headers, "X-Request-ID": identity},
                content=request.body,
            )
            assert answer.status_code == request.expect_status, (request.method, request.path, answer.text)
            assert answer.headers["X-Request-ID"] == identity
            sent.append((identity, request.logs))
    assert sent

    moved = counted(started.exposition()) - before
    assert moved == Counter({(move.name, move.labels): move.by for move in service.moves()})

    def missing() -> list[tuple[str, ExpectedLine, int]]:
        lines = [normalised(line) for line in started.lines()]
        return [
            (identity, wanted, found)
            for identity, expected in sent
            for wanted in expected
            if (found := sum(fits(line, wanted) for line in lines if line.get("request_id") == identity)) != 1
        ]

    assert eventually(missing, lambda wrong: not wrong, 3, describe="each promised line exactly once") == []


def test_every_line_says_when_what_and_who(started: Started) -> None:
    started.client.get("/api/v1/debug/failure")
    now = datetime.now(UTC).timestamp()
    for line in started.lines():
        stamp = line.get("ts") or datetime.strptime(line["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
        assert abs(now - stamp) < 60
        assert line["level"] in ("info", "warn", "warning", "error")
        assert line.get("msg") or line.get("message")
        assert (line["service"], line["system"]) == (started.service.name, started.service.system)
        assert (line["environment"], line["instance"]) == ("conformance", started.client.base_url.netloc.decode())
        if line["level"] == "error":
            assert line["error"]
            assert "\n" in (line.get("stack") or line["stacktrace"])
    assert any(line["level"] == "error" for line in started.lines())


def test_specialised_loggers_have_their_fields(started: Started) -> None:
    kinds: dict[str, type | tuple[type, ...]] = {"string": str, "integer": int, "number": (int, float)}
    assert started.service.logs is not None
    loggers = started.service.logs.loggers
    seen = [line for line in started.lines() if line.get("logger") in loggers]
    assert {line["logger"] for line in seen} == set(loggers)
    for line in seen:
        for field, kind in loggers[line["logger"]].items():
            if field in line or not kind.endswith("?"):
                assert isinstance(line[field], kinds[kind.removesuffix("?")]), (line, field)


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (TEXT, TEXT),
        ("*/*", TEXT),
        ("application/openmetrics-text;version=1.0.0", OPENMETRICS),
        (PROMETHEUS_3, OPENMETRICS),
    ],
)
def test_exposition_parses_in_the_format_asked_for(started: Started, accept: str, content_type: str) -> None:
    answer = started.client.get(started.service.metrics.path, headers={"Accept": accept, "Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    # A trailing escaping parameter is what Prometheus 3 added to both formats.
    assert answer.headers["Content-Type"].partition("; escaping=")[0] == content_type
    assert answer.headers["Content-Encoding"] == "gzip"
    openmetrics = content_type == OPENMETRICS
    assert answer.text.endswith("\n# EOF\n") is openmetrics
    families = {family.name: family for family in (read_openmetrics if openmetrics else read_text)(answer.text)}
    shown = {"info": "info" if openmetrics else "gauge"}
    for metric in started.service.metrics.required:
        stem = {"counter": "_total", "info": "_info" if openmetrics else ""}.get(metric.type, "")
        family = families[metric.name.removesuffix(stem)]
        assert family.type == shown.get(metric.type, metric.type), metric
        assert family.documentation
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(metric.labels), (metric, sample)
    assert not [name for name in families if name.endswith("_created")]


def test_uncompressed_when_gzip_is_not_asked_for_and_within_budget(started: Started) -> None:
    answer = started.client.get(started.service.metrics.path, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in answer.headers
    budgets = started.service.budgets
    assert budgets.body_bytes is not None
    assert budgets.series is not None
    assert len(answer.content) < budgets.body_bytes
    assert sum(not line.startswith("#") for line in answer.text.splitlines()) < budgets.series


def test_no_secret_and_no_hostile_text_breaks_the_log(started: Started) -> None:
    token = ""
    if started.service.name == "auth-service":
        login = {"user": "demo", "password": "correct horse"}
        token = started.client.post("/api/v1/login", json=login).json()["token"]
        session = started.client.get("/api/v1/session", headers={"Authorization": f"Bearer {token}"})
        assert session.json() == {"user": "demo"}
    before = len(started.lines())
    hostile = "</script>\u202e".encode()
    answer = started.client.get("/api/v1/x%0a%22%00", headers={b"X-Request-ID": hostile + b"x" * 500})
    assert answer.status_code == 404
    assert len(started.lines()) == before + 1
    written = started.log.read_text(encoding="utf-8")
    assert "correct horse" not in written
    assert not token or token not in written


def test_garbage_on_the_wire_leaves_no_plain_line(started: Started) -> None:
    port = started.client.base_url.port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=5) as wire:
        wire.sendall(b"\x16\x03\x01 not http\r\n\r\n")
        assert wire.recv(100)
    started.client.get("/api/v1/none")
    assert started.lines()
    assert started.stderr.read_bytes() == b""


@pytest.mark.parametrize("folder", ["auth_service", "docaiche_api"])
def test_images_install_what_the_lock_has(folder: str) -> None:
    locked = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8").split()
    pins = (ROOT / "fixtures" / "services" / folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line for line in pins if not line.startswith("#")]
    assert wanted
    assert [pin for pin in wanted if pin not in locked] == []


@pytest.mark.parametrize("name", OWN)
def test_a_taken_port_is_one_error_line_and_exit_code_1(name: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process, stdout, stderr = start(SERVICES[name], tmp_path, taken.getsockname()[1])
        assert process.wait(timeout=10) == 1
    (line,) = [json.loads(text) for text in stdout.read_bytes().splitlines()]
    assert line["level"] == "error"
    assert "in use" in line["error"]
    assert stderr.read_bytes() == b""


@pytest.mark.parametrize("name", ["auth-service", "docaiche-api", "storage"])
def test_sigterm_ends_a_service_cleanly(name: str, tmp_path: Path) -> None:
    process, stdout, stderr = start(SERVICES[name], tmp_path, free_port())
    try:
        eventually(lambda: b"listening" in stdout.read_bytes(), bool, 10, describe="a line that says listening")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.wait()
    assert stderr.read_bytes() == b""
    assert all(isinstance(json.loads(line), dict) for line in stdout.read_bytes().splitlines())
