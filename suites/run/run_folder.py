"""The folder that the processes of one run share: made by the first, found by xdist's workers, removed at the end."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

FOLDER = "conformance_run_folder"
"""The key under which an xdist worker finds the folder in its input."""
PREFIX, STARTED, IN_USE = "conformance-", "started", "in-use"
"""How run folders are named, and the files in one that say when its run began and that it still goes on."""


@dataclass(frozen=True)
class RunFolder:
    """A run's folder, when the run started, and the lock that says it still goes on (None in a worker)."""

    path: Path
    started: datetime
    in_use: FileLock | None = None

    @classmethod
    def of(cls, config: pytest.Config) -> RunFolder:
        """Make the folder of this run, or in an xdist worker find the one that its controller made."""
        inherited = getattr(config, "workerinput", {}).get(FOLDER)
        if inherited:
            path = Path(inherited)
            return cls(path, datetime.fromisoformat((path / STARTED).read_text(encoding="ascii")))
        # A new folder is not yet in use for an instant. The lock is not in the cache, since a container or a service of
        # systemd may have no home; other users have locks of their own.
        with FileLock(Path(tempfile.gettempdir()) / f"{PREFIX}{os.getuid()}.lock"):
            _remove_abandoned()
            path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
            in_use = FileLock(path / IN_USE)
            in_use.acquire(blocking=False)
        now = datetime.now(UTC)
        (path / STARTED).write_text(now.isoformat(), encoding="ascii")
        return cls(path, now, in_use)

    def remove(self) -> None:
        """Remove it, in the process that made it."""
        if self.in_use is not None:
            shutil.rmtree(self.path, ignore_errors=True)


def _remove_abandoned() -> None:
    """Remove the folders of runs that were killed: their locks are free."""
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{IN_USE}"):
        with contextlib.suppress(OSError, Timeout), FileLock(lock, blocking=False):
            shutil.rmtree(lock.parent, ignore_errors=True)
