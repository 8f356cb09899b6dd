"""A scrape takes at most half of its timeout.

A scrape that takes most of its timeout fails as soon as the machine is busy, when gaps hurt most.
"""

from collections.abc import Iterator

from stack.records.scrape.target import ScrapeTarget
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

SHARE = 0.5
TARGET = "job: a\ntargets: [{job: a, instance: 'h:1', scrape_url: 'http://h:1/metrics', health: up, "


@rule(
    Good(TARGET + "scrape_seconds: 0.1}]\n"),
    Bad(TARGET + "scrape_seconds: 6.0}]\n", "the last scrape took 6.00 s of its timeout of 10 s"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#scheduling",
)
def check(target: ScrapeTarget) -> Iterator[Finding]:
    scraped = [found for found in target.targets if found.health == "up"]
    if not scraped:
        raise NotApplicable("no successful scrape by Prometheus")
    for found in scraped:
        if found.scrape_seconds > SHARE * found.timeout_seconds:
            yield Finding(
                f"the last scrape took {found.scrape_seconds:.2f} s of its timeout of {found.timeout_seconds:g} s",
                Where(url=found.scrape_url),
                "make the scrape cheaper, or raise `scrape_timeout` (and `scrape_interval`) of this job",
            )
