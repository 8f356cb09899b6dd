"""Expositions after public bug reports: served, collected and judged, each found by the one rule that it breaks."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.broken._miniature.endpoints import LINES, text
from fixtures.broken._miniature.loopback_server import Answer, Behaviour, Headers, Server, serving
from stack.records.exposition.exposition import OpenMetricsExposition
from stack.text.plain_yaml import plain_yaml
from suites.core.discovery import rules
from tests.metrics.test_broken_endpoints import collect, red

FOLDER = Path(__file__).resolve().parents[1] / "data" / "expositions" / "cases"
CASES: dict[str, dict[str, Any]] = plain_yaml((FOLDER / "cases.yaml").read_text(encoding="utf-8"))
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


@pytest.mark.parametrize(
    ("name", "kind", "proposed"),
    [
        ("app_cpu_total", "counter", "rename the family to `app_cpu_seconds`, with the sample `app_cpu_seconds_total`"),
        ("app_cpu_seconds_total", "counter", "write `app_cpu_seconds` in the TYPE, HELP and UNIT lines"),
        ("app_seconds_waited", "counter", "rename the family to `app_waited_seconds`, with the sample"),
        ("app_age_total", "gauge", "rename the family to `app_age_seconds`, or leave"),
        ("app_age_ms", "gauge", "rename the family to `app_age_seconds`, or leave"),
        ("app", "info", None),
    ],
)
def test_a_unit_is_proposed_where_it_belongs(name: str, kind: str, proposed: str | None) -> None:
    sample = name.removesuffix("_total") + {"counter": "_total", "info": "_info"}.get(kind, "")
    lines = f"# TYPE {name} {kind}\n# UNIT {name} seconds\n{sample if kind == 'counter' else name} 1\n# EOF\n"
    found = [*rules()["metrics/openmetrics-unit-suffix"].judge(OpenMetricsExposition.parse(lines))]
    assert [finding.hint.startswith(proposed or "") for finding in found if finding.hint] == [True] * bool(proposed)
