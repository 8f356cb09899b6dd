"""A target that was last scraped before its component was ready is not down: the next scrape is waited for."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest

from stack.clients.prometheus import PrometheusClient
from stack.records.scrape.target import Target
from suites.core import scraped_targets

UP = Target(job="grafana", instance="grafana-1", scrape_url="http://127.0.0.1:1/metrics", health="up", last_scrape=1)
REFUSED = replace(UP, health="down", last_error="connection refused")
UNKNOWN = replace(UP, health="unknown", last_scrape=0)
LATER = time.time() + 3600


class Answers:
    """A Prometheus that gives these answers in turn, the last one again and again."""

    def __init__(self, answers: Sequence[Target]) -> None:
        self.answers = list(answers)

    async def targets(self) -> tuple[Target, ...]:
        return (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0],)


@pytest.mark.parametrize(
    ("answers", "kept"),
    [
        ((UP,), UP),
        ((UNKNOWN, UP), UP),
        ((REFUSED, REFUSED, UP), UP),
        ((UNKNOWN, replace(REFUSED, last_scrape=LATER), UP), replace(REFUSED, last_scrape=LATER)),
        ((REFUSED, replace(REFUSED, last_scrape=LATER), UP), replace(REFUSED, last_scrape=LATER)),
        ((REFUSED,), REFUSED),
    ],
    ids=["up", "first-scrape", "refused-before-it-was-ready", "down-at-first", "down-still", "never-scraped-again"],
)
def test_what_is_down_is_told_by_a_scrape_from_now_on(
    answers: Sequence[Target], kept: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scraped_targets, "SCRAPED_S", 0.3)
    prometheus = cast("PrometheusClient", Answers(answers))
    found = asyncio.run(scraped_targets.targets_by_job(prometheus, ["grafana"]))
    assert found == {"grafana": (kept,)}
