"""What tests on a real container engine share: whether there is one, and what is left on it of a run."""

import os
import shutil
import subprocess

import pytest

from stack.backends.containers.backend import why_not
from stack.backends.containers.cleanup import LABEL
from stack.eventually import eventually
from stack.servers.pins import cache_root

NOTES = cache_root().parent / "projects"
TWO = ("prometheus", "redis")
"""Components that are ready within a second, for tests of anything but them."""

RUN = ("--stack=containers", "--no-retention-trial")
WHY_NOT = why_not(stand_ins_are_better=False)
needs_delivery = pytest.mark.skipif(
    "none" in (os.environ.get("LOKI_IMAGE"), os.environ.get("PROMTAIL_IMAGE")),
    reason="Loki or Promtail is left out of the stack of containers, see docs/real-servers.md",
)
MARKS = [pytest.mark.engine, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "")]


def docker(*arguments: str) -> list[str]:
    """Run the client and return the words it prints."""
    client = shutil.which("docker") or "docker"
    return subprocess.run([client, *arguments], capture_output=True, text=True, check=True, timeout=300).stdout.split()


def left_of(project: str) -> list[str]:
    """Everything on the engine that belongs to a project."""
    ours = ("--filter", f"label={LABEL}={project}", "--quiet")
    return [*docker("ps", "--all", *ours), *docker("network", "ls", *ours), *docker("volume", "ls", *ours)]


def project_of(pid: int) -> str:
    """The project of the run that is process `pid`."""
    return next(note.stem for note in NOTES.glob(f"conformance-{pid}-*.project"))


def gone(project: str) -> None:
    """Wait until nothing is left of a project, nor the note on it."""
    eventually(lambda: left_of(project), lambda left: not left, 60, 0.2, describe=f"nothing of {project} is left")
    eventually(lambda: (NOTES / f"{project}.project").exists(), lambda there: not there, 10, describe="no note is left")
