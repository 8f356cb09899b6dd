"""A Prometheus that scrapes and stores nothing does not work; one that cannot be asked is left alone."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from stack.backends.attached import storing
from stack.backends.attached.storing import not_storing

FULL = "write to WAL: log samples: write /data/wal/00000000: no space left on device"
NOW = 1_800_000_000.0


def said(age_s: float | None, scraped_s: float | None = 1.0, error: str = "", status: int = 200) -> str | None:
    """What is said where the newest sample is so old, and the last scrape; None: there is none."""

    def answer(request: httpx.Request) -> httpx.Response:
        kind = request.url.path.rpartition("/")[2]
        if kind == "query":
            value = age_s if request.url.params["query"].startswith("time()") else NOW - (age_s or 0)
            data: Any = {"result": [] if age_s is None else [{"value": [0, str(value)]}]}
        elif kind == "targets":
            last = datetime.fromtimestamp(NOW - (scraped_s or 0), UTC).isoformat()
            data = {"activeTargets": [{"health": "up" if scraped_s else "unknown", "lastScrape": last}]}
        else:
            data = {"groups": [{"rules": [{"lastError": error}, {"lastError": "many-to-many matching"}]}]}
        return httpx.Response(status if kind == "targets" else 200, json={"data": data})

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        return not_storing(http, "http://p")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "PATIENCE_S", 0.05)


def test_a_prometheus_that_stores_is_fine() -> None:
    assert said(3.0) is None
    assert said(299.0, scraped_s=299.0) is None  # it scrapes every five minutes


@pytest.mark.parametrize("age_s", [60.0, None])
def test_one_that_stores_nothing_is_told_with_its_cause(age_s: float | None) -> None:
    assert said(age_s, error=FULL) == f"it is ready and scrapes, but stores nothing: {FULL}"
    assert said(age_s) == "it is ready and scrapes, but stores nothing; its log says why"


def test_one_that_has_not_scraped_yet_or_says_nothing_of_targets_is_left_alone() -> None:
    assert said(None, scraped_s=None) is None
    assert said(60.0, status=404) is None
