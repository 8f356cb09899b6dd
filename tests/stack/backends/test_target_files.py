"""How often a run lets Prometheus scrape: every second, and more seldom where many targets are at one small server."""

import pytest

from stack.backends import target_files
from stack.backends.target_files import quick_scrapes


@pytest.mark.parametrize(("targets", "every_s"), [(1, 1), (10, 1), (200, 20), (5000, 30)])
def test_many_targets_at_one_address_are_scraped_more_seldom(
    targets: int, every_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target_files, "contention", lambda **_: 1.0)
    scrapes = quick_scrapes(targets)
    assert scrapes == {"__scrape_interval__": f"{every_s}s", "__scrape_timeout__": f"{every_s * 900}ms"}
