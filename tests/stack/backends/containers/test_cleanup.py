"""What a run left in containers is removed however it ended, shown with a client that keeps its list in files."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stack.backends.containers.cleanup import ProjectCleanup, remove_abandoned
from stack.backends.supervisor import Supervisor
from stack.eventually import eventually

ROOT = Path(__file__).parents[4]
CLIENT = """#!/bin/sh
cd {folder}
[ -e away ] && exit 1
case "$1 $2" in
  "ps --all") ls containers ;;
  "rm --force") shift 3; cd containers && rm -f "$@" ;;
esac
"""
RUN = """
import sys
from pathlib import Path
from stack.backends.containers.cleanup import ProjectCleanup
from stack.backends.supervisor import supervisor

client, notes = sys.argv[1:]
cleanup = ProjectCleanup(supervisor(), client, "project", "unix:///engine", Path(notes))
(Path(client).parent / "containers" / "one").touch()
print("up", flush=True)
if sys.stdin.readline() == "done\\n":
    cleanup.done()
"""


class Engine:
    """A client whose engine has one project; `left` is what it has of it."""

    def __init__(self, folder: Path) -> None:
        self.client, self.notes, self.away = folder / "docker", folder / "notes", folder / "away"
        self._containers = folder / "containers"
        self._containers.mkdir()
        self.client.write_text(CLIENT.format(folder=folder), encoding="ascii")
        self.client.chmod(0o755)

    @property
    def left(self) -> list[str]:
        return [path.name for folder in (self._containers, self.notes) for path in folder.iterdir()]

    def run(self) -> subprocess.Popen[str]:
        """Start a run that has a container, and goes on until it is told `done` or ended."""
        argv = [sys.executable, "-c", RUN, str(self.client), str(self.notes)]
        run = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert run.stdout is not None
        assert run.stdout.readline() == "up\n"
        return run


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


@pytest.mark.parametrize("away", [False, True], ids=["engine answers", "engine away"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_ended_leaves_nothing(engine: Engine, how: signal.Signals, away: bool) -> None:
    with engine.run() as run:
        assert remove_abandoned(str(engine.client), "unix:///engine", engine.notes) == [], "the run goes on"
        if away:
            engine.away.touch()
        run.send_signal(how)
    if away:
        assert engine.left == ["one", "project.project"]
        engine.away.unlink()
    eventually(lambda: engine.left, lambda left: not left, 60, describe="nothing is left")


def test_a_run_that_has_removed_its_project_leaves_it_at_that(engine: Engine) -> None:
    with engine.run() as run:
        run.communicate("done\n")
    assert engine.left == ["one"], "removing is the run's own work; there is no note any more"


def test_what_cannot_be_removed_at_once_is_removed_while_the_run_goes_on(engine: Engine) -> None:
    supervisor = Supervisor()
    cleanup = ProjectCleanup(supervisor, str(engine.client), "project", "unix:///engine", engine.notes)
    cleanup.take_over()
    eventually(lambda: engine.left, lambda left: not left, 60, describe="nothing is left")
    supervisor.close()


def test_what_a_killed_supervisor_left_is_removed_by_the_next_run(engine: Engine) -> None:
    client = str(engine.client)
    supervisor = Supervisor()
    cleanup = ProjectCleanup(supervisor, client, "project", "unix:///engine", engine.notes)
    os.kill(supervisor.pid, signal.SIGKILL)
    supervisor.close()
    cleanup._opened.close()  # as the end of its process does

    assert remove_abandoned(client, "unix:///another", engine.notes) == []
    assert remove_abandoned(client, "unix:///engine", engine.notes) == ["project"]
    assert engine.left == []
