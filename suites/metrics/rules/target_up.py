"""Prometheus scrapes the service successfully.

`up` is 1 and the last scrape had no error: otherwise nothing is stored. The error is quoted from Prometheus. Where the
service's answer itself is broken, the rules on that answer report it.
"""

from collections.abc import Iterator

from stack.records.scrape.target import ScrapeTarget
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule
from suites.metrics.helpers.scrape_errors import hint_for

TARGET = "job: a\ntargets: [{job: a, instance: 'h:1', scrape_url: 'http://h:1/metrics', health: "


@rule(
    Good(TARGET + "up}]\n"),
    Good(
        TARGET
        + "up}, {job: a, instance: 'h:2', scrape_url: x, health: unknown, interval_seconds: 300}]\nobserved_s: 20"
    ),
    Bad(
        TARGET + "down, last_error: 'server returned HTTP status 500 Internal Server Error'}]\n",
        "the target is down: server returned HTTP status 500 Internal Server Error",
    ),
    Bad(
        TARGET + "up, last_error: 'context deadline exceeded'}]\n",
        "the target is up, but the last scrape failed: context deadline exceeded",
    ),
    Bad(TARGET + "unknown}]\n", "the target is unknown: it has not been scraped yet"),
    Unjudged(
        TARGET + "unknown, interval_seconds: 300}]\nobserved_s: 20\n",
        NotCollected("it is scraped every 300 s, and not for the first time yet"),
    ),
    Unjudged("job: a\n", NotApplicable("Prometheus has no target for the service")),
    level=Level.MUST,
    source="https://prometheus.io/docs/concepts/jobs_instances/#automatically-generated-labels-and-time-series",
    root_cause=True,
)
def check(target: ScrapeTarget) -> Iterator[Finding]:
    if not target.targets:
        raise NotApplicable("Prometheus has no target for the service")
    failed = [found for found in target.targets if found.last_error]
    if failed and target.known_fault:
        raise NotApplicable(f"{target.known_fault}; Prometheus says: {failed[0].last_error}")
    awaited = [one for one in target.targets if one.health == "unknown" and one.interval_seconds > target.observed_s]
    if awaited and len(awaited) == len(target.targets):
        raise NotCollected(f"it is scraped every {awaited[0].interval_seconds:g} s, and not for the first time yet")
    for found in target.targets:
        if found in awaited:
            continue
        if found.health != "up" or found.last_error:
            why = found.last_error or "it has not been scraped yet"
            state = "up, but the last scrape failed" if found.health == "up" else found.health
            yield Finding(
                f"the target is {state}: {why}",
                Where(url=found.scrape_url),
                hint_for(found.last_error) if found.last_error else "wait for one interval of the job, then run again",
            )
