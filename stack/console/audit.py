"""The audit log: one JSON line per security-relevant act, each with the hash of the one before.

Event names are those of the OWASP Logging Vocabulary
(https://cheatsheetseries.owasp.org/cheatsheets/Logging_Vocabulary_Cheat_Sheet.html). The end of the chain is also in
the database, so that lines missing at the end are found too. A chain proves a change to whoever does not hold both the
file and the database; the copy in Loki, which this host cannot rewrite, is the other half.
"""

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from stack.console.database import Database

FIRST = "0" * 64
Outcome = Literal["success", "failure", "refused"]
WARNINGS = ("failure", "refused")


@dataclass(frozen=True)
class Break:
    """Where the chain is broken: line number from 1, and what is wrong there."""

    line: int
    message: str


class AuditLog:
    """Appends to the file; a line is on the disk before the act that it tells of is answered."""

    def __init__(self, path: Path, database: Database, origin: Mapping[str, str]) -> None:
        """Open the file for appending; `origin` are the fields that every line of the console has."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self._database, self._origin = path, database, dict(origin)
        self._file = os.open(path, os.O_APPEND | os.O_CREAT | os.O_RDWR, 0o640)
        self._adopt_last()

    def write(
        self,
        event: str,
        outcome: Outcome,
        *,
        actor: str,
        address: str,
        request_id: str,
        target: str = "",
        **details: Any,
    ) -> None:
        """Append one line: who did what to what, with which outcome, from where."""
        # One writer at a time, another process of the same console included.
        fcntl.flock(self._file, fcntl.LOCK_EX)
        size = os.fstat(self._file).st_size
        try:
            with self._database.transaction():
                sequence, previous = end_of_chain(self._database)
                line: dict[str, Any] = {
                    "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                    "level": "warning" if outcome in WARNINGS else "info",
                    "logger": "console.audit",
                    "event": event,
                    "message": f"{event}: {outcome}",
                    **self._origin,
                    "actor": actor,
                    "target": target,
                    "outcome": outcome,
                    "address": address,
                    **({"request_id": request_id} if request_id else {}),
                    **({"details": details} if details else {}),
                    "sequence": sequence + 1,
                    "previous": previous,
                }
                line["hash"] = _hash(line)
                self._remember(sequence + 1, line["hash"])
                self._append(json.dumps(line).encode() + b"\n")
        except BaseException:
            # Nothing of a line that is not whole stays, or that the database does not know: the next would not fit.
            os.ftruncate(self._file, size)
            raise
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _append(self, line: bytes) -> None:
        if os.write(self._file, line) != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        os.fsync(self._file)

    def _adopt_last(self) -> None:
        """Take over a line that reached the disk just before a crash, when the database did not yet know of it."""
        sequence, previous = end_of_chain(self._database)
        last = next(self.newest(), None)
        known = {"sequence": sequence + 1, "previous": previous}
        if last and known.items() <= last.items() and last.get("hash") == _hash(last):
            self._remember(sequence + 1, last["hash"])

    def _remember(self, sequence: int, line_hash: str) -> None:
        self._database.write("INSERT OR REPLACE INTO audit_end VALUES (1, ?, ?)", sequence, line_hash)

    def newest(self) -> Iterator[dict[str, Any]]:
        """Yield the lines, newest first, without holding the file in memory; broken ones are left to `verify`."""
        for raw in _backwards(self.path):
            try:
                line = json.loads(raw)
            except (ValueError, RecursionError):
                continue
            if isinstance(line, dict) and isinstance(line.get("sequence"), int):
                yield line

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def end_of_chain(database: Database) -> tuple[int, str]:
    """Return number and hash of the last line that was written."""
    row = database.row("SELECT sequence, hash FROM audit_end")
    return (row["sequence"], row["hash"]) if row else (0, FIRST)


def verify(path: Path, end: tuple[int, str]) -> list[Break]:
    """Return every place where a line was changed, removed or inserted; `end` is what `end_of_chain` returns."""
    found: list[Break] = []
    sequence, previous, number = 0, FIRST, 0
    with path.open("rb") as lines:
        for number, raw in enumerate(lines, 1):
            try:
                line = json.loads(raw)
                own, told, before = line["hash"], line["sequence"], line["previous"]
                whole = isinstance(told, int)
            except (ValueError, KeyError, TypeError, RecursionError):
                whole = False
            if not whole:
                found.append(Break(number, "is no line of the audit log"))
                continue
            if own != _hash(line):
                found.append(Break(number, "was changed: its hash does not fit its content"))
            elif told > sequence + 1:
                found.append(Break(number, f"{told - sequence - 1} lines before it are missing"))
            elif told <= sequence or before != previous:
                found.append(Break(number, "was inserted or moved: it does not continue the line before it"))
            sequence, previous = max(sequence, told), own
    if sequence < end[0]:
        found.append(Break(number, f"{end[0] - sequence} lines after it are missing"))
    elif not found and (sequence, previous) != end:
        found.append(Break(number, "is not the line that was written last"))
    return found


def _hash(line: Mapping[str, Any]) -> str:
    content = {key: value for key, value in line.items() if key != "hash"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _backwards(path: Path, piece: int = 64 * 1024) -> Iterator[bytes]:
    with path.open("rb") as file:
        position, rest = file.seek(0, os.SEEK_END), b""
        while position > 0:
            step = min(piece, position)
            position -= step
            file.seek(position)
            head, *lines = (file.read(step) + rest).split(b"\n")
            yield from (line for line in reversed(lines) if line)
            rest = head
        if rest:
            yield rest
