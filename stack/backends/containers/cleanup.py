"""No container outlives the run, even when the run or the engine is killed.

While a project exists, a note names it and the run keeps the note locked. A run that ends without having removed the
project leaves that to the supervisor, which starts this file as a script: it removes the project's containers,
networks and volumes by the label that compose gives them, and keeps trying while the engine is away. Should that be
killed as well, the note is left unlocked, and the next run removes what it names.

The file is run as a script, so it imports nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from stack.backends.supervisor import Supervisor

LABEL = "com.docker.compose.project"
CALL_S = 60.0
PATIENCE_S = 600.0
"""How long the script waits for an engine that is away."""
EMPTY_ROUNDS = 3
"""How often nothing must be found until it is believed: compose may have been cut off in the middle."""

INHERITED = ("PATH", "HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK")
KINDS = (
    (("ps", "--all", "--quiet", "--no-trunc"), ("rm", "--force", "--volumes")),
    (("network", "ls", "--quiet", "--no-trunc"), ("network", "rm")),
    (("volume", "ls", "--quiet"), ("volume", "rm", "--force")),
)
"""How what belongs to a project is listed, and how it is removed, in this order."""


class ProjectCleanup:
    """Sees to the removal of one project from now on; `notes` is the folder of the notes on projects."""

    def __init__(self, supervisor: Supervisor, client: str, project: str, host: str, notes: Path) -> None:
        notes.mkdir(parents=True, exist_ok=True)
        self.note = notes / f"{project}.project"
        self._project, self._supervisor = project, supervisor
        self._opened: IO[str] = self.note.open("w", encoding="utf-8")
        _lock(self._opened)
        self._opened.write(host)
        self._opened.flush()
        kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
        docker = {name: value for name, value in os.environ.items() if name.startswith("DOCKER_")}
        argv = [sys.executable, "-I", "-S", __file__, client, project, str(self.note)]
        supervisor.at_end(project, argv, {**kept, **docker})

    def done(self) -> None:
        """Say that everything has been removed."""
        self._supervisor.cancel(self._project)
        self.note.unlink(missing_ok=True)
        self._opened.close()

    def take_over(self) -> None:
        """Let the script remove the project, which has more time than the run."""
        self._opened.close()
        self._supervisor.start_now(self._project)


def remove(client: str, project: str) -> bool:
    """Remove what belongs to a project; True if there was nothing left to remove.

    Raises:
        OSError, subprocess.SubprocessError: the engine does not answer.

    """
    nothing = True
    for listing, removal in KINDS:
        found = _docker(client, *listing, "--filter", f"label={LABEL}={project}", check=True).split()
        if found:
            nothing = False
            _docker(client, *removal, *found, check=False)
    return nothing


def remove_abandoned(client: str, host: str, notes: Path) -> list[str]:
    """Remove the projects of killed runs that nothing removes any more; returns their names."""
    removed = []
    for note in notes.glob("*.project"):
        with contextlib.suppress(OSError, subprocess.SubprocessError), note.open("r+", encoding="utf-8") as opened:
            if opened.read() != host:
                continue
            _lock(opened, wait=False)
            remove(client, note.stem)
            removed.append(note.stem)
            note.unlink()
    return removed


def _lock(opened: IO[str], *, wait: bool = True) -> None:
    """Lock a note; without `wait` BlockingIOError where another process has it."""
    fcntl.flock(opened, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def _docker(client: str, *arguments: str, check: bool) -> str:
    return subprocess.run(  # noqa: S603  # the client that the run found
        [client, *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=CALL_S,
        check=check,
        stdin=subprocess.DEVNULL,
    ).stdout


def _remove_for_certain(client: str, project: str) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    empty = 0
    while empty < EMPTY_ROUNDS and time.monotonic() < deadline:
        try:
            empty = empty + 1 if remove(client, project) else 0
        except (OSError, subprocess.SubprocessError):
            empty = 0
        time.sleep(0.5)
    return empty == EMPTY_ROUNDS


def _main(client: str, project: str, note: Path) -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    with note.open("a", encoding="utf-8") as opened:
        _lock(opened)  # another run may be at it
        if _remove_for_certain(client, project):  # else the note stays for the next run
            note.unlink(missing_ok=True)


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
