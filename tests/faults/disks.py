"""Disks that are full or belong to somebody else, and write-ahead logs that are corrupted."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stack.backends.process import ProcessSpec, Running, start
from stack.eventually import eventually

AWAY_BYTES = 4096
"""How far from its end a write-ahead log is overwritten: behind that, no other record is whole."""


@contextlib.contextmanager
def small(folder: Path, size_mib: int) -> Iterator[None]:
    """Put a file system of this size at `folder`; skips the test where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("a small disk is a tmpfs, which only root may mount")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs", folder], check=False, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        # What was ended a moment ago may still hold it.
        subprocess.run([shutil.which("umount") or "umount", "--lazy", folder], check=True, capture_output=True)


def fill(folder: Path) -> None:
    """Write until nothing is left on the disk of `folder`."""
    with (folder / "ballast").open("wb", buffering=0) as out, contextlib.suppress(OSError):
        while True:
            out.write(bytes(4096))


def refused(spec: ProcessSpec, folder: Path, owner: int) -> Running:
    """Start a server whose folder was given to another user, and wait until it has given up; skips without root.

    It runs as this user without a privilege: root of itself may write everywhere.
    """
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        pytest.skip("only root gives a folder to another user, and starts a server without privileges by `setpriv`")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner, owner)
    plain = (setpriv, "--bounding-set=-all", "--inh-caps=-all", *spec.argv)
    running = start(replace(spec, argv=plain))
    eventually(lambda: running.alive, lambda alive: not alive, 60, describe=f"{spec.name} ends")
    assert "permission denied" in running.log_tail(), running.log_tail()
    return running


def corrupt(wal: Path) -> None:
    """Overwrite a part of the last segment of a write-ahead log that has records before and behind it."""
    segment = max(path for path in wal.iterdir() if path.name.isdecimal() and path.stat().st_size > 2 * AWAY_BYTES)
    with segment.open("r+b") as out:
        out.seek(segment.stat().st_size // 2)
        out.write(b"\xff" * 64)
