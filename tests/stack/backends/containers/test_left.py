"""Nothing of a containers run is left behind, however it ends, and runs at the same time do not see each other."""

import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from stack.backends.base import StackPlan
from stack.backends.containers.backend import ContainersBackend
from stack.backends.containers.engine import find_engine
from stack.eventually import eventually
from tests.support.conformance_run import started
from tests.support.on_engine import MARKS, NOTES, RUN, TWO, gone, left_of, needs_delivery, project_of

STACK = Path(__file__).parents[4] / "stack"
pytestmark = MARKS


@pytest.fixture
def plan(tmp_path: Path) -> StackPlan:
    return StackPlan(tmp_path / "run", STACK, TWO)


@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_ended_leaves_nothing(ended_by: signal.Signals, tmp_path: Path) -> None:
    with started(tmp_path / "run", *RUN, "--service=storage", servers=True) as run:
        run.wait_for("prometheus 3.", 60)
        project = project_of(run.process.pid)
        assert f"{project}_prometheus-data" in left_of(project), "the run has something to leave behind"
        run.process.send_signal(ended_by)
        run.process.wait(300)

        gone(project)
        eventually(run.survivors, lambda found: not found, 20, describe="no process is left")


def test_a_run_that_is_killed_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    with started(tmp_path / "run", *RUN, "--service=storage", servers=True) as run:
        pid = run.process.pid
        eventually(lambda: list(NOTES.glob(f"conformance-{pid}-*.project")), bool, 60, 0.01, 0.01)
        project = project_of(pid)
        eventually(lambda: left_of(project), bool, 30, 0.01, 0.01, describe="the first part of the project is there")
        run.process.kill()
        run.process.wait(60)

        gone(project)


@needs_delivery
def test_two_runs_at_once_do_not_see_each_other(tmp_path: Path) -> None:
    with ExitStack() as both:
        runs = [
            both.enter_context(started(tmp_path / name, *RUN, "--service=api-gateway", servers=True))
            for name in ("one", "two")
        ]
        done = [run.finish(600) for run in runs]

    for run in done:
        assert run.code == 0, run.output[-3000:]
        # Lines of the other run would be further streams under the same labels but one.
        assert run.verdicts("api-gateway", "pass").keys() >= {
            "logs/delivered-exactly-once",
            "logs/delivered-within-stream-budget",
            "logs/delivered-under-expected-labels",
        }
        assert run.run.leftovers() == []


PIPE = """
import asyncio, sys
async def pump(source, sink):
    try:
        while chunk := await source.read(65536):
            sink.write(chunk)
            await sink.drain()
        sink.write_eof()
    except OSError:
        pass
async def serve(reader, writer):
    source, sink = await asyncio.open_unix_connection(sys.argv[1])
    await asyncio.gather(pump(reader, sink), pump(source, writer))
    writer.close()
    sink.close()
async def main():
    server = await asyncio.start_unix_server(serve, sys.argv[2])
    await server.serve_forever()
asyncio.run(main())
"""


@contextmanager
def piped_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """The engine behind a socket of our own; gives what takes the engine away, and what brings it back."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # paths of sockets must be short
    upstream, here = find_engine().socket, folder / "engine.sock"
    running: list[subprocess.Popen[bytes]] = []

    def back() -> None:
        here.unlink(missing_ok=True)
        running.append(subprocess.Popen([sys.executable, "-c", PIPE, str(upstream), str(here)]))
        eventually(here.exists, bool, 10)

    def away() -> None:
        for process in running:
            process.kill()
            process.wait(60)

    back()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{here}")
    try:
        yield away, back
    finally:
        away()
        shutil.rmtree(folder)


def test_what_is_left_when_the_engine_goes_is_removed_when_it_is_back(
    plan: StackPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = list[str]()
    with piped_engine(monkeypatch) as (away, back):
        stack = ContainersBackend(say=said.append).start(plan)
        project = stack.process("redis").container.rpartition("-redis")[0]
        away()
        problem = eventually(stack.process("redis").reason, bool, 10)
        stack.stop()
        back()
        gone(project)

    assert problem is not None
    assert re.fullmatch(r"redis: the container engine at unix://\S+/engine\.sock does not answer any more", problem)
    assert any("will be removed once the engine answers" in line for line in said), said
