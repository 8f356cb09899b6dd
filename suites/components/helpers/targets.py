"""Targets that are not up, for the rule on the components and for that on all others."""

from collections.abc import Iterable, Iterator

from stack.records.scrape.target import Target
from suites.core.finding import Finding, Where


def not_up(targets: Iterable[Target], observed_s: float, whose: str = "") -> Iterator[Finding]:
    """A finding for each target that is not up; a first scrape may be due only later than `observed_s` seconds."""
    for target in targets:
        due = target.health != "unknown" or observed_s > target.interval_seconds
        if due and (target.health != "up" or target.last_error):
            reason = target.last_error or "it has not been scraped yet"
            yield Finding(
                f"the target `{target.instance}`{whose} is {target.health}: {reason}",
                Where(url=target.scrape_url),
                hint="check that it runs, that it listens on this address, and that Prometheus can reach it",
            )
