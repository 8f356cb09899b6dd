"""Any text, quoted by the console and put to a real Loki, is found as itself: nothing of it is read as LogQL."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stack.backends.base import StackPlan
from stack.backends.local.backend import LocalBackend
from stack.clients.loki import LokiClient
from stack.console.upstream.connections import Connections
from stack.console.upstream.logql import LogFilter, LogQuery, literal, one_of
from stack.console.upstream.loki import Loki
from stack.records.logs.entry import LogEntry
from tests.support.real_servers import need

SHIPPED = Path(__file__).parents[2] / "stack"
OTHER = "a line that no text below is in"
HOSTILE = (
    '"',
    "\\",
    "`",
    '"} |= "',
    "{}",
    "\\d+",
    "$1",
    "%s",
    "\t",
    "\u2028",
    "\x7f",
    "\x01",
    "é",
    "\U0001f600",
    "(?i)",
)
TEXTS = st.lists(st.one_of(st.text(max_size=8), st.sampled_from(HOSTILE)), min_size=1, max_size=5).map("".join)


@pytest.fixture(scope="module")
def loki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    need("loki")
    plan = StackPlan(tmp_path_factory.mktemp("loki"), SHIPPED, components=("loki",))
    with LocalBackend().start(plan) as stack:
        problem = stack.health()["loki"]
        assert problem is None, problem
        yield str(stack.endpoint("loki"))


@pytest.mark.native
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(TEXTS)
def test_a_text_finds_the_line_that_holds_it_and_no_other(loki: str, text: str) -> None:
    # Loki keeps no surrogates, and drops what a label cannot hold; a line feed ends no line here.
    text = text.encode("utf-8", "replace").decode()
    mark = str(time.time_ns())
    line = f"{mark} before {text} behind"

    async def act() -> None:
        async with httpx.AsyncClient(trust_env=False) as http, Connections() as own:
            now = time.time_ns()
            labels = (("mark", mark), ("service", text))
            await LokiClient(loki, http).push(
                [LogEntry(labels, now, line), LogEntry(labels, now + 1, f"{mark} {OTHER}")]
            )
            source = Loki(loki, own)
            for wanted in (LogFilter(contains=(text + " behind",)), LogFilter(regex=(literal(text) + " behind$",))):
                for matcher in (("mark", "=", mark), one_of("service", [text]), one_of("service", [text, "other"])):
                    query = LogQuery((("mark", "=", mark), matcher) if matcher[0] != "mark" else (matcher,), wanted)
                    page = await source.page(query, now - 10**9, now + 10**9, 10, "forward")
                    assert [one.text for one in page.lines] == [line], str(query)
            excluded = LogQuery((("mark", "=", mark),), LogFilter(excludes=(f"before {text} behind",)))
            page = await source.page(excluded, now - 10**9, now + 10**9, 10, "forward")
            assert [one.text for one in page.lines] == [f"{mark} {OTHER}"]

    asyncio.run(act())
