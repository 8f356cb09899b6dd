"""Recordings of what real servers stored: the stand-ins are compared with them on every run, on any machine."""

from __future__ import annotations

import hashlib
import itertools
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest import mock

from stack.embedded.stack import EmbeddedLogs
from stack.records.logs.entry import LogEntry
from tests.fidelity.cases import AGE_S, Case
from tests.fidelity.compare import grouped, window
from tests.fidelity.real import LOKI_CONFIG, ROOT

FOLDER = ROOT / "tests" / "data" / "fidelity"
HINT = "record it again where the real servers are found: make record-fidelity"


@dataclass(frozen=True)
class Recording:
    """What one agent and Loki stored of one case.

    `servers` are their versions, `start` the time in seconds since 1970 from which the lines are dated, `checksums`
    those of the lines, of the agent's configuration and of Loki's. `entries` by label set: time after the start in
    nanoseconds (-1: the time of reading), metadata, line.
    """

    case: str
    servers: dict[str, str]
    start: float
    checksums: dict[str, str]
    entries: dict[str, list[tuple[int, str, str]]]

    @classmethod
    def load(cls, case: Case) -> Recording:
        """Read the recording of a case; raises FileNotFoundError where there is none."""
        data = json.loads((FOLDER / f"{case.name}.json").read_text(encoding="utf-8"))
        entries = {labels: [(at, ids, line) for at, ids, line in rows] for labels, rows in data["entries"].items()}
        return cls(data["case"], data["servers"], data["start"], data["checksums"], entries)

    def save(self) -> Path:
        """Write it, one stored line per line of the file, so that a change can be read."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        path = FOLDER / f"{self.case}.json"
        head = {key: value for key, value in asdict(self).items() if key != "entries"}
        groups = (
            f" {json.dumps(labels, ensure_ascii=True)}: [\n"
            + ",\n".join(f"  {json.dumps(row, ensure_ascii=True)}" for row in rows)
            + "\n ]"
            for labels, rows in sorted(self.entries.items())
        )
        text = f'{json.dumps(head, indent=1)[:-2]},\n "entries": {{\n' + ",\n".join(groups) + "\n}}\n"
        path.write_text(text, encoding="ascii")
        return path


def checksums(case: Case, start: float) -> dict[str, str]:
    """SHA-256 of what a case is made of, the same wherever it is written."""
    with tempfile.TemporaryDirectory() as somewhere:
        folder = Path(somewhere)
        case.write(folder, start)
        lines = hashlib.sha256()
        for path in sorted(folder.rglob("*.log")):
            lines.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    configuration = case.configuration(Path("/corpus"), "http://loki:3100", "9080").encode()
    return {
        "lines": lines.hexdigest(),
        "agent": hashlib.sha256(configuration).hexdigest(),
        "loki": hashlib.sha256(LOKI_CONFIG.read_bytes()).hexdigest(),
    }


def simulated(case: Case, start: float, folder: Path) -> dict[str, list[tuple[int, str, str]]]:
    """What the stand-ins store of a case that is read `AGE_S` seconds after `start`."""
    case.write(folder, start)
    environment = {
        "LOKI_URL": "http://127.0.0.1:9",
        "PROMTAIL_LOG_GLOB": f"{folder}/logs/*/*/*.log",
        "PROMTAIL_DOCAICHE_GLOB": f"{folder}/docaiche/*.log",
        "PROMTAIL_DATA_DIR": str(folder),
        "ENVIRONMENT": "test",
    }
    config = folder / "agent.yaml"
    config.write_text(case.stand_in_configuration(folder, "http://127.0.0.1:9", "9080"), encoding="utf-8")
    with _clock_at(start + AGE_S):
        logs = EmbeddedLogs(config, LOKI_CONFIG, environment)
        logs.agent.catch_up()
        found: list[LogEntry] = logs.store.find(case.query, *window(start))
    return grouped(found, start, folder)


@contextmanager
def _clock_at(now: float) -> Iterator[None]:
    """Let the stand-ins read the time of the recording; two lines are never read at the same nanosecond."""
    ticks = itertools.count(int(now * 1e9), 1000)
    with mock.patch("time.time_ns", side_effect=lambda: next(ticks)), mock.patch("time.time", return_value=now):
        yield
