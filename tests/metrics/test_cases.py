"""Expositions after public bug reports: served, collected and judged, each found by the one rule that it breaks."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.broken._miniature.endpoints import LINES, text
from fixtures.broken._miniature.loopback_server import Answer, Behaviour, Headers, Server, serving
from stack.records.exposition.exposition import OpenMetricsExposition
from suites.core.discovery import rules
from tests.metrics.test_broken_endpoints import collect, red

FOLDER = Path(__file__).resolve().parents[1] / "data" / "expositions" / "cases"
CASES: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "cases.yaml").read_text(encoding="utf-8"))
TEXT = "text/plain; version=0.0.4; charset=utf-8"


def behaviour(name: str, case: dict[str, Any]) -> Behaviour:
    """Serves the file; one in OpenMetrics only to those who ask for it, as a client library does."""
    body, sent = (FOLDER / name).read_bytes(), case.get("type", TEXT)

    async def answer(headers: Headers) -> Answer:
        await asyncio.sleep(case.get("delay_s", 0))
        if sent.startswith("application/openmetrics-text") and "openmetrics" not in headers.get("accept", ""):
            return text(LINES)
        status, own, pieces = text(body.replace(b"@NOW_MS-10000@", b"%d" % (time.time() * 1000 - 10_000)), sent)
        return status, {key: value for key, value in own.items() if value}, pieces

    return answer


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving({f"/{name}": behaviour(name, case) for name, case in CASES.items()}) as running:
        yield running


def test_every_file_is_a_case() -> None:
    assert CASES.keys() == {path.name for path in FOLDER.glob("*.txt")}


@pytest.mark.parametrize(("name", "case"), CASES.items(), ids=CASES)
def test_the_one_fault_is_found_and_no_other(server: Server, name: str, case: dict[str, Any]) -> None:
    found = red(asyncio.run(collect(server.url(name), timeout_s=10.0)))
    assert found.keys() == {f"metrics/{rule}" for rule in case.get("finds", ())}, found


def test_a_unit_is_not_proposed_as_a_second_suffix() -> None:
    exposition = OpenMetricsExposition.parse((FOLDER / "F08-unit-total.txt").read_text(encoding="utf-8"))
    (finding,) = rules()["metrics/openmetrics-unit-suffix"].judge(exposition)
    assert finding.hint is not None
    assert "`app_session_seconds`" in finding.hint
    assert "total_seconds" not in finding.hint
