"""No container outlives the run, even when the run, or the engine, is killed: a reaper of its own for each project.

The reaper is a tiny process that reads a pipe whose other end only the run holds. Told `done`, it ends: the run has
removed everything itself. When the pipe ends without that, it removes the project's containers, networks and volumes
by the label that compose gives them, and keeps trying while the engine is away. Should the reaper be killed as well,
the note that it kept locked lies there unlocked, and the next run removes what it names.

The file is run as a script by the reaper, so it imports nothing but the standard library.
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
from typing import IO

LABEL = "com.docker.compose.project"
CALL_S = 30.0
PATIENCE_S = 600.0
"""How long the reaper waits for an engine that is away."""
QUIET_ROUNDS = 3
"""How often nothing must be found before the reaper believes it: compose may have been cut off in the middle."""

INHERITED = ("PATH", "HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK")
KINDS = (
    (("ps", "--all", "--quiet", "--no-trunc"), ("rm", "--force", "--volumes")),
    (("network", "ls", "--quiet", "--no-trunc"), ("network", "rm")),
    (("volume", "ls", "--quiet"), ("volume", "rm", "--force")),
)
"""How what belongs to a project is listed, and how it is removed, in this order."""


class Reaper:
    """Our end of the pipe to the reaper of one project; `notes` is the folder of the notes on projects."""

    def __init__(self, client: str, project: str, host: str, notes: Path) -> None:
        notes.mkdir(parents=True, exist_ok=True)
        self.note = notes / f"{project}.project"
        self.note.write_text(host, encoding="utf-8")
        kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
        docker = {name: value for name, value in os.environ.items() if name.startswith("DOCKER_")}
        self._process = subprocess.Popen(  # noqa: S603  # this very file, by this very Python
            [sys.executable, "-I", "-S", __file__, client, project, str(self.note)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in a terminal must not reach it
            cwd="/",
            env={**kept, **docker},
        )
        # Nothing is started before it stands by, with its note locked.
        if self._process.stdout is None or not self._process.stdout.read(1):
            raise RuntimeError("the reaper, which would remove the containers of a killed run, did not start")

    @property
    def pid(self) -> int:
        """The process id of the reaper."""
        return self._process.pid

    def done(self) -> None:
        """Say that everything has been removed."""
        self._end(b"done\n")

    def take_over(self) -> None:
        """Leave the removing to the reaper, which has more time."""
        self._end(b"")

    def _end(self, words: bytes) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # a dead reaper hears nothing
                if stream is not None:
                    if stream is self._process.stdin and words:
                        stream.write(words)
                    stream.close()
        if words:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
        if self._process.returncode is None:
            self._process.returncode = 0  # it outlives us on purpose, which Popen would warn of


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
    """Remove the projects of killed runs whose reapers were killed too; returns their names."""
    removed = []
    for note in notes.glob("*.project"):
        with contextlib.suppress(OSError, subprocess.SubprocessError), note.open("r+", encoding="utf-8") as opened:
            if opened.read() != host or not _locked(opened):
                continue
            remove(client, note.stem)
            removed.append(note.stem)
            note.unlink()
    return removed


def _locked(opened: IO[str]) -> bool:
    """Lock a note; False where its reaper holds it."""
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


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


def _stand_by(client: str, project: str, note: Path) -> None:
    """Wait for the end of the run, and remove what it left."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    with note.open("r+", encoding="utf-8") as opened:
        _locked(opened)
        os.write(1, b".")
        if sys.stdin.readline() != "done\n" and not _reap(client, project):
            return  # the note stays for the next run
        note.unlink(missing_ok=True)


def _reap(client: str, project: str) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    quiet = 0
    while time.monotonic() < deadline:
        try:
            quiet = quiet + 1 if remove(client, project) else 0
        except (OSError, subprocess.SubprocessError):
            quiet = 0
            time.sleep(1)
        if quiet == QUIET_ROUNDS:
            return True
        time.sleep(0.5)
    return False


if __name__ == "__main__":
    _stand_by(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
