"""Which scrape of Prometheus is compared, where it scrapes seldom: each minute is usual."""

import asyncio
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from stack.records.exposition.exposition import Exposition
from stack.records.scrape.target import ScrapeTarget, Target
from suites.core.discovery import rules
from suites.core.evidence import Evidence
from suites.core.verdict import Verdict, judge
from suites.metrics.collect import prometheus
from suites.metrics.collect.prometheus import OwnFaults, scraped

MINUTE = Target("a", "h:1", "up", "http://127.0.0.1:1/metrics", interval_seconds=60.0, timeout_seconds=10.0)


class Scraping:
    """A Prometheus whose scrapes are at these times, each seen after so many questions for the targets."""

    def __init__(self, target: Target, *later: tuple[int, float]) -> None:
        self.target, self.later, self.asked = target, later, 0

    async def targets(self) -> tuple[Target, ...]:
        self.asked += 1
        at = [self.target.last_scrape, *(when for after, when in self.later if self.asked > after)]
        return (replace(self.target, last_scrape=at[-1]),)

    async def query(self, _: str) -> list[Any]:
        return []

    async def series(self, _: str, since: float, _until: float) -> list[dict[str, str]]:
        """`app_b` began after the first scrape."""
        return [{"__name__": name} for name in ("app_a", *(["app_b"] if since > self.target.last_scrape else []))]


def judged(server: Scraping, since: float, *, sent: bool, exposed: str = "app_a 1\n", unsteady: str = "") -> Verdict:
    async def run() -> ScrapeTarget:
        client: Any = SimpleNamespace(targets=server.targets, query=server.query, series=server.series)
        own = OwnFaults(unsteady=frozenset({unsteady}))
        found = await scraped(client, MINUTE.scrape_url, "a", Exposition.parse(exposed), since, 0.0, own=own, sent=sent)
        (record,) = found[ScrapeTarget]  # type: ignore[misc]  # a sequence here, not a reason
        assert isinstance(record, ScrapeTarget)
        return record

    return judge(rules()["metrics/stored-equals-exposed"], "a", Evidence((asyncio.run(run()),), "live"))


def test_a_service_that_got_no_requests_is_compared_with_its_last_scrape() -> None:
    now = time.time()
    server = Scraping(replace(MINUTE, last_scrape=now - 50))
    assert judged(server, now, sent=False).outcome == "pass"
    assert server.asked <= 3


def test_what_the_last_scrape_does_not_have_is_looked_for_in_the_next() -> None:
    now = time.time()
    server = Scraping(replace(MINUTE, last_scrape=now - 50), (12, now + 1))
    assert judged(server, now, sent=False, exposed="app_a 1\napp_b 2\n").outcome == "pass"


def test_after_requests_the_next_scrape_is_waited_for_as_long_as_the_interval_asks() -> None:
    now = time.time()
    server = Scraping(replace(MINUTE, last_scrape=now - 50), (12, now + 1))
    assert judged(server, now, sent=True).outcome == "pass"


@pytest.mark.parametrize("sent", [True, False])
def test_a_scrape_that_does_not_come_in_time_is_a_gap_with_its_reason(
    sent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prometheus, "LONGEST_S", 0.5)
    now = time.time()
    server = Scraping(replace(MINUTE, interval_seconds=900.0, last_scrape=now - 800))
    verdict = judged(server, now, sent=sent)
    assert (verdict.outcome, verdict.applies) == ("not-evaluated", True)
    assert verdict.reason == "Prometheus scrapes the service every 900 s, and has not in the 0.5 s after this run did"


def test_what_is_never_stored_is_found_also_beside_faults_for_which_no_scrape_fails() -> None:
    now = time.time()
    server = Scraping(replace(MINUTE, last_scrape=now - 50), (3, now + 1))
    (finding,) = judged(server, now, sent=False, exposed="app_a 1\napp_c 2\n# TYPE app_a counter\napp_a NaN\n").findings
    assert finding.message == "1 of 2 exposed series is not stored, first `app_c`"


def test_where_no_series_is_compared_the_reason_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prometheus, "COMPARED_SERIES", 1)
    now = time.time()

    def reason(exposed: str, unsteady: str = "") -> tuple[bool, str | None]:
        verdict = judged(
            Scraping(replace(MINUTE, last_scrape=now - 5)), now, sent=False, exposed=exposed, unsteady=unsteady
        )
        assert verdict.outcome == "not-evaluated"
        return verdict.applies, verdict.reason

    assert reason("# no metrics yet\n") == (False, "the exposition has no sample")
    assert reason("app_a 1\napp_b 2\n") == (True, "2 series are too many to be read back")
    assert reason(f"app_a 1 {now + 3600:.0f}000\n") == (
        True,
        "all series carry times that Prometheus refuses, see `metrics/no-future-timestamps`",
    )
    assert reason("app_c 1\n", "app_c") == (
        True,
        "all series differ between scrapes, see `metrics/concurrent-scrapes-agree`",
    )
