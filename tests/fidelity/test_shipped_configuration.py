"""The shipped configuration: what real Promtail and real Loki make of a line, the stand-ins make of it too."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from stack.embedded.stack import EmbeddedLogs
from stack.records.logs.entry import LogEntry
from tests.fidelity.compare import differences, window
from tests.fidelity.corpus import lines
from tests.fidelity.real import LOKI_CONFIG, PROMTAIL_CONFIG, needs_real_servers, real_logs

SERVICES = [("dante", "storage"), ("dante", "scheduler"), ("docaiche", "api"), ("docaiche", "crawler")]
INSTANCES = 3
LINES = 110


def write_corpus(folder: Path, start: float) -> int:
    total = 0
    for number, (system, service) in enumerate(SERVICES):
        for instance in range(INSTANCES):
            path = folder / "logs" / system / service / f"{service}-{instance}.log"
            path.parent.mkdir(parents=True, exist_ok=True)
            made = lines(100 * number + instance, LINES, start, heavy=True)
            path.write_bytes(b"".join(line + b"\n" for line in made) + b'{"half": "line')
            total += len(made)
    flat = folder / "docaiche" / "docaiche-api.log"
    flat.parent.mkdir(parents=True, exist_ok=True)
    made = lines(9999, LINES, start, heavy=False)
    flat.write_bytes(b"".join(line + b"\n" for line in made))
    return total + len(made)


@pytest.mark.native
@needs_real_servers()
def test_real_servers_and_stand_ins_store_the_same(tmp_path: Path) -> None:
    start = time.time() - 2400
    assert write_corpus(tmp_path, start) >= 1000
    with real_logs(tmp_path) as real:
        environment = real.environment()
        simulated = EmbeddedLogs(PROMTAIL_CONFIG, LOKI_CONFIG, environment)
        simulated.agent.catch_up()
        wanted = simulated.store.find('{environment="test"}', *window(start))
        real.promtail(PROMTAIL_CONFIG, environment)
        found = real.wait_for('{environment="test"}', window(start), lambda there: len(there) >= len(wanted))
    assert len(wanted) > 1000, "the comparison needs lines to compare"
    assert len({entry.labels for entry in wanted}) > 50
    found_differences = differences(found, wanted, start)
    assert not found_differences, "\n".join(found_differences)
    assert_the_corpus_reaches_what_matters(wanted, simulated)


def assert_the_corpus_reaches_what_matters(wanted: list[LogEntry], simulated: EmbeddedLogs) -> None:
    reasons = Counter(rejected.reason for rejected in simulated.store.rejected)
    assert {"greater_than_max_sample_age", "too_far_in_future"} <= set(reasons)
    assert any(entry.metadata for entry in wanted)
    assert any(dict(entry.labels)["level"] == "unknown" for entry in wanted)
    assert any(len(entry.line.encode("utf-8", "replace")) > 262_000 for entry in wanted)
