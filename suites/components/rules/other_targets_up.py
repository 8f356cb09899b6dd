"""Prometheus scrapes every other target successfully.

Beside the components and the services that are judged there are further replicas, and jobs that are known to the site
alone. What is down of these is missing from alerts and dashboards all the same.
"""

from collections.abc import Iterator

from stack.records.live.catalog import OtherTargets
from suites.components.helpers.targets import not_up
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule

TARGET = "{job: shop, instance: 'h:2', scrape_url: 'http://h:2/metrics', interval_seconds: 300, health: "


@rule(
    Good("{targets: [" + TARGET + "up}]}"),
    Good("{observed_s: 60, targets: [" + TARGET + "up}, " + TARGET + "unknown}]}"),
    Bad(
        "{targets: [" + TARGET + "down, last_error: 'connection refused'}]}",
        "the target `h:2` of job `shop` is down: connection refused",
    ),
    Unjudged("{observed_s: 60, targets: [" + TARGET + "unknown}]}", NotCollected("not scraped yet: `h:2`")),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/api/#targets",
)
def check(others: OtherTargets) -> Iterator[Finding]:
    if not others.targets:
        raise NotApplicable("every target is one of a component or of a service that is judged")
    yield from not_up(others.targets, others.observed_s)
