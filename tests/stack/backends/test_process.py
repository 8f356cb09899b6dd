"""Local processes: readiness, early death, stopping whole groups, and nothing left behind a killed run."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import psutil
import pytest

from stack.backends.ports import Ports, free_port
from stack.backends.process import (
    ComponentFailed,
    FileReady,
    HttpReady,
    ProcessSpec,
    ReadyCheck,
    Running,
    TcpReady,
    start,
    what_is_missing,
)
from stack.eventually import eventually
from tests.support.pace import within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[3]

SERVER = (sys.executable, "-m", "http.server", "--bind", "127.0.0.1")


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start a program by its arguments; whatever is left is stopped after the test."""
    started: list[Running] = []

    def run(*argv: str, ready: ReadyCheck | None = None, name: str = "thing", stderr: Path | None = None) -> Running:
        spec = ProcessSpec(name, argv, tmp_path, tmp_path / f"{name}.log", {"GREETING": "hello"}, ready, stderr)
        started.append(start(spec))
        return started[-1]

    yield run
    for running in started:
        running.stop()


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def written(path: Path) -> str:
    return eventually(lambda: path.read_text() if path.exists() else "", bool, 10, describe=f"{path.name} is written")


def test_a_server_is_ready_when_its_url_answers(launch: Callable[..., Running]) -> None:
    port = free_port()
    server = launch(*SERVER, str(port), ready=HttpReady(f"http://127.0.0.1:{port}/"))
    server.wait_ready(60)
    assert server.alive
    assert server.problem() is None
    server.stop()
    assert server.reason() == "thing was ended by SIGTERM"
    assert gone(server.pid)


def test_a_probe_reads_the_answer_to_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    """Otherwise a simple server logs a traceback, and the service is blamed for it."""

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            for _ in range(20):
                self.wfile.write(b"x" * 50_000)
                time.sleep(0.005)

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        try:
            assert what_is_missing(HttpReady(f"http://127.0.0.1:{server.server_port}/")) == ""
        finally:
            server.shutdown()
            serving.join()
    assert "Traceback" not in capfd.readouterr().err


def test_what_a_server_says_of_its_readiness_is_reported() -> None:
    class Waiting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(503)
            self.send_header("Content-Type", "text/html" if self.path == "/page" else "text/plain; charset=utf-8")
            self.end_headers()
            self.wfile.write(b"Ingester not ready:\nwaiting for 15s" + b"." * 300_000)

    with ThreadingHTTPServer(("127.0.0.1", 0), Waiting) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            said = what_is_missing(HttpReady(f"{url}/ready"))
            assert said.startswith(f"{url}/ready answered 503: Ingester not ready: waiting for 15s....")
            assert len(said) < 300
            assert what_is_missing(HttpReady(f"{url}/page")) == f"{url}/page answered 503"
        finally:
            server.shutdown()
            serving.join()


def test_ready_by_port_and_by_file(launch: Callable[..., Running], tmp_path: Path) -> None:
    port = free_port()
    launch(*SERVER, str(port), ready=TcpReady(port), name="by-port").wait_ready(60)
    made = tmp_path / "made"
    launch("sh", "-c", f"sleep 0.1; touch {made}; sleep 60", ready=FileReady(made), name="by-file").wait_ready(60)
    assert made.exists()


def test_an_early_death_is_noticed_at_once_with_code_and_log(launch: Callable[..., Running]) -> None:
    script = "for n in $(seq 1 30); do echo line $n; done; echo 'bad flag: --colour' >&2; exit 3"
    dying = launch("sh", "-c", script, ready=TcpReady(free_port()))
    with (
        within(30),
        pytest.raises(ComponentFailed, match="thing ended with exit code 3 before it was ready") as caught,
    ):
        dying.wait_ready(60)
    assert "bad flag: --colour" in str(caught.value)
    assert "line 30" in str(caught.value)
    assert "line 5\n" not in str(caught.value), "only the last 20 lines are shown"


def test_a_long_line_keeps_its_end_which_gives_the_reason(launch: Callable[..., Running]) -> None:
    script = "echo \"error: map[$(printf 'x%.0s' $(seq 1 2000))]: unknown stage pakc\"; exit 1"
    dying = launch("sh", "-c", script, ready=TcpReady(free_port()))
    with pytest.raises(ComponentFailed, match=r"error: map\[x+ … x+\]: unknown stage pakc") as caught:
        dying.wait_ready(60)
    assert len(str(caught.value)) < 800


def test_never_ready_says_what_was_seen(launch: Callable[..., Running]) -> None:
    port = free_port()
    server = launch(*SERVER, str(port), ready=HttpReady(f"http://127.0.0.1:{port}/nowhere"))
    eventually(lambda: what_is_missing(TcpReady(port)), lambda missing: not missing, 60)
    with pytest.raises(ComponentFailed, match=r"thing is ready: not reached in .*/nowhere answered 404"):
        server.wait_ready(0.2)
    assert "runs but is not ready" in (server.problem() or "")


def test_a_missing_program_is_a_clear_failure(launch: Callable[..., Running]) -> None:
    with pytest.raises(ComponentFailed, match=r"loki cannot be started as `/nowhere/loki -x`: .*No such file"):
        launch("/nowhere/loki", "-x", name="loki")


def test_streams_and_environment(launch: Callable[..., Running], tmp_path: Path) -> None:
    errors = tmp_path / "errors.log"
    launch("sh", "-c", 'echo "$GREETING"; echo oops >&2', stderr=errors)
    assert written(tmp_path / "thing.log") == "hello\n"
    assert written(errors) == "oops\n"


def test_stop_ends_children_and_what_ignores_sigterm(launch: Callable[..., Running], tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    stubborn = launch("sh", "-c", f"trap '' TERM; sleep 300 & echo $! > {pids}; while :; do sleep 0.05; done")
    child = int(written(pids))
    stubborn.stop(grace_s=0.2)
    assert stubborn.reason() == "thing was ended by SIGKILL"
    eventually(lambda: gone(child), bool, 5, describe="the child is gone")
    stubborn.stop()  # again: nothing to do


def test_restart_comes_back_on_the_same_port(launch: Callable[..., Running]) -> None:
    port = free_port()
    server = launch(*SERVER, str(port), ready=HttpReady(f"http://127.0.0.1:{port}/"))
    server.wait_ready(60)
    first = server.pid
    server.kill()
    assert "ended by SIGKILL" in (server.problem() or "")
    server.restart(60)
    assert server.pid != first
    assert gone(first)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    connection.close()


def test_ports_do_not_collide_between_threads() -> None:
    ports = Ports()
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: ports.take(), range(300)))
    ports.close()
    assert len(set(taken)) == 300


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a held port be listened on")
def test_a_held_port_goes_to_nobody_else_but_can_be_listened_on() -> None:
    port = free_port()
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", port))
    with socket.create_server(("127.0.0.1", port)) as server:
        assert server.getsockname()[1] == port


# A run that starts a server with a child, one that left its process group, and then waits to be killed.
RUN = """
import sys
from pathlib import Path
from stack.backends.process import ProcessSpec, start
from stack.eventually import eventually

folder = Path(sys.argv[1])
script = f"trap '' TERM; setsid sleep 300 & echo $! > {folder}/far; sleep 300 & echo $! > {folder}/near; wait; wait"
running = start(ProcessSpec("server", ("sh", "-c", script), folder, folder / "log"))
eventually(lambda: (folder / "near").exists() and (folder / "near").read_text(), bool, 10)
print(running.pid, flush=True)
sys.stdin.read()
"""


def killed_run(tmp_path: Path, how: int) -> list[int]:
    """Start such a run, end it by a signal, and return the processes that it had started."""
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        server = int(run.stdout.readline())
        pids = [server, *(int((tmp_path / name).read_text()) for name in ("near", "far"))]
        assert not any(gone(pid) for pid in pids)
        os.kill(run.pid, how)
        run.wait(60)
    return pids


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_survives_a_killed_run(tmp_path: Path, how: int) -> None:
    pids = killed_run(tmp_path, how)
    left = eventually(
        lambda: [pid for pid in pids if not gone(pid)], lambda left: not left, 10, describe="all are gone"
    )
    assert left == []
