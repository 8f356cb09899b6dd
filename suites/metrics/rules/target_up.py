"""Prometheus scrapes the service successfully.

`up` is 1 and the last scrape had no error: otherwise nothing is stored. The error is quoted from Prometheus. Where the
service's answer itself is broken, the rules on that answer report it.
"""

from collections.abc import Iterator

from stack.records.scrape.target import ScrapeTarget
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

TARGET = "job: a\ntargets: [{job: a, instance: 'h:1', scrape_url: 'http://h:1/metrics', health: "


@rule(
    Good(TARGET + "up}]\n"),
    Bad(
        TARGET + "down, last_error: 'server returned HTTP status 500 Internal Server Error'}]\n",
        "the target is down: server returned HTTP status 500 Internal Server Error",
    ),
    Bad(
        TARGET + "up, last_error: 'context deadline exceeded'}]\n",
        "the target is up, but the last scrape failed: context deadline exceeded",
    ),
    Bad(TARGET + "unknown}]\n", "the target is unknown: it has not been scraped yet"),
    level=Level.MUST,
    source="https://prometheus.io/docs/concepts/jobs_instances/#automatically-generated-labels-and-time-series",
)
def check(target: ScrapeTarget) -> Iterator[Finding]:
    if not target.targets:
        raise NotApplicable("Prometheus has no target for the service")
    failed = [found for found in target.targets if found.last_error]
    if failed and target.known_fault:
        raise NotApplicable(f"{target.known_fault}; Prometheus says: {failed[0].last_error}")
    for found in target.targets:
        if found.health != "up" or found.last_error:
            why = found.last_error or "it has not been scraped yet"
            state = "up, but the last scrape failed" if found.health == "up" else found.health
            yield Finding(
                f"the target is {state}: {why}",
                Where(url=found.scrape_url),
                "this machine reaches the address, so check what differs for Prometheus: network, credentials, the "
                "Content-Type, limits of the scrape configuration",
            )
