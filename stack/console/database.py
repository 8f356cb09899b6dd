"""One SQLite file for accounts, sessions, tokens and the end of the audit chain."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    name TEXT PRIMARY KEY COLLATE NOCASE, password TEXT NOT NULL, role TEXT NOT NULL, systems TEXT NOT NULL,
    services TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0, created REAL NOT NULL, version INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS sessions (
    hash BLOB PRIMARY KEY, account TEXT NOT NULL COLLATE NOCASE REFERENCES accounts (name) ON DELETE CASCADE,
    created REAL NOT NULL, seen REAL NOT NULL, expires REAL NOT NULL, address TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS tokens (
    id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE,
    account TEXT NOT NULL COLLATE NOCASE REFERENCES accounts (name) ON DELETE CASCADE,
    label TEXT NOT NULL, role TEXT NOT NULL, systems TEXT NOT NULL, services TEXT NOT NULL,
    created REAL NOT NULL, expires REAL NOT NULL, used REAL
);
CREATE TABLE IF NOT EXISTS setup_links (hash BLOB PRIMARY KEY, expires REAL NOT NULL);
CREATE TABLE IF NOT EXISTS audit_end (one INTEGER PRIMARY KEY CHECK (one = 1), sequence INTEGER, hash TEXT);
"""


class Database:
    """One connection, used by one thread at a time; a write is committed when it returns."""

    def __init__(self, path: Path) -> None:
        """Open or create the file, readable by its owner alone.

        Raises:
            sqlite3.Error: it is no database, or cannot be written.

        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(SCHEMA)

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        """Return the rows of a query."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def row(self, query: str, *values: Any) -> sqlite3.Row | None:
        """Return the first row of a query."""
        return next(iter(self.rows(query, *values)), None)

    def write(self, query: str, *values: Any) -> int:
        """Run one statement; returns how many rows it changed."""
        with self._lock:
            return self._connection.execute(query, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside becomes visible at once, or not at all."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
