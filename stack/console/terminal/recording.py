"""Recordings of terminal sessions as asciicast v3 (https://docs.asciinema.org/manual/asciicast/v3/).

A header line, then one event a line: seconds since the event before, what it is, and its text. Each line is in the file
as soon as it happened, so that a recording is whole up to its last line even if the console is killed.
"""

import json
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

MEDIA_TYPE = "application/x-asciicast"
NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{16}")
ACCOUNT, TARGET = "account:", "target:"
"""What the header's tags begin with that say who was connected where."""
Code = Literal["o", "i", "r", "x"]
"""Output, input, resize, exit."""


@dataclass(frozen=True)
class Recording:
    """A file of the folder; `started` in seconds since 1970, `size` in bytes."""

    name: str
    account: str
    target: str
    started: float
    size: int


class Recorder:
    """Writes one recording."""

    def __init__(self, path: Path, header: dict[str, Any], largest: int) -> None:
        """Create the file, which its owner alone can read; `largest` is its size in bytes at most.

        Raises:
            OSError: it cannot be created.

        """
        self.name, self._left = path.stem, largest
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)
        self._last = time.monotonic()
        self._write(header)

    def event(self, code: Code, text: str) -> bool:
        """Append one event; False where it would make the file too large, and nothing is written."""
        now = time.monotonic()
        written = self._write([round(now - self._last, 6), code, text])
        self._last = now
        return written

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, line: Any) -> bool:
        encoded = json.dumps(line).encode() + b"\n"
        if len(encoded) > self._left:
            return False
        self._left -= len(encoded)
        self._file.write(encoded)
        return True


class Recordings:
    """The folder with all recordings, those of running sessions included."""

    def __init__(self, folder: Path, largest: int, all_together: int) -> None:
        """`largest` is the size of one recording in bytes, `all_together` that of the folder."""
        self.folder, self._largest, self._all_together = folder, largest, all_together

    def begin(self, session: str, account: str, target: str, cols: int, rows: int) -> Recorder:
        """Begin the recording of a session, whose id is 16 hexadecimal digits.

        Raises:
            OSError: the file cannot be created.

        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        now = time.time()
        name = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now)) + f"-{session}"
        header = {
            "version": 3,
            "term": {"cols": cols, "rows": rows, "type": "xterm-256color"},
            "timestamp": int(now),
            "title": f"{account} on {target}",
            "tags": [ACCOUNT + account, TARGET + target],
        }
        return Recorder(self.folder / f"{name}.cast", header, self._largest)

    def all(self) -> list[Recording]:
        """Return the recordings, newest first; other files in the folder are none of them."""
        paths = sorted(self.folder.glob("*.cast"), reverse=True)
        return [found for path in paths if (found := _described(path))]

    def path(self, name: str) -> Path | None:
        """Return the file of a recording; None where there is none of that name."""
        path = self.folder / f"{name}.cast"
        return path if NAME.fullmatch(name) and path.is_file() else None

    def make_room(self, keep: set[str]) -> list[str]:
        """Delete the oldest until another fits, except for those that are named; returns what was deleted."""
        found, deleted = self.all(), list[str]()
        total = sum(each.size for each in found)
        for each in reversed(found):
            if total + self._largest > self._all_together and each.name not in keep:
                (self.folder / f"{each.name}.cast").unlink(missing_ok=True)
                total -= each.size
                deleted.append(each.name)
        return deleted


def _described(path: Path) -> Recording | None:
    if not NAME.fullmatch(path.stem):
        return None
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline(4096))
        size = path.stat().st_size
        tags = [str(tag) for tag in header["tags"]]
        started = float(header["timestamp"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    named = {mark: tag.removeprefix(mark) for tag in tags for mark in (ACCOUNT, TARGET) if tag.startswith(mark)}
    return Recording(path.stem, named.get(ACCOUNT, ""), named.get(TARGET, ""), started, size)
