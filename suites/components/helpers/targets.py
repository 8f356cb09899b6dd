"""Targets that are not up, for the rule on the components and for that on all others."""

from collections.abc import Collection, Iterator

from stack.records.scrape.target import Target
from suites.core.finding import Finding, Where
from suites.core.rule import NotCollected

SHOWN = 3


def not_up(targets: Collection[Target], observed_s: float, component: str = "") -> Iterator[Finding]:
    """A finding for each target that is not up; a first scrape may be due only later than `observed_s` seconds."""
    due = [one for one in targets if one.health != "unknown" or observed_s > one.interval_seconds]
    for target in due:
        whose = f" of {component}" if component else f" of job `{target.job}`"
        if target.health != "up" or target.last_error:
            reason = target.last_error or "it has not been scraped yet"
            yield Finding(
                f"the target `{target.instance}`{whose} is {target.health}: {reason}",
                Where(url=target.scrape_url),
                hint="check that it runs, that it listens on this address, and that Prometheus can reach it",
            )
    if targets and not due:
        named = ", ".join(f"`{one.instance}`" for one in list(targets)[:SHOWN])
        more = f" and {len(targets) - SHOWN} more" if len(targets) > SHOWN else ""
        raise NotCollected(f"not scraped yet: {named}{more}")
