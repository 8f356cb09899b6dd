"""Prometheus scrapes every component of the stack successfully.

A stack whose own parts are not watched fails in silence: the alerts on lost lines and on a missing retention run are
made of these metrics.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.live.components import ComponentTargets
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

TARGET = "{job: loki, instance: 'h:1', scrape_url: 'http://h:1/metrics', health: "


@rule(
    Good("{component: loki, targets: [" + TARGET + "up}]}"),
    Bad("{component: loki, targets: []}", "Prometheus has no target under job `loki`"),
    Bad(
        "{component: loki, targets: [" + TARGET + "down, last_error: 'connection refused'}]}",
        "the target of loki is down: connection refused",
    ),
    Bad(
        "{component: loki, targets: [" + TARGET + "unknown}]}",
        "the target of loki is unknown: it has not been scraped yet",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/concepts/jobs_instances/#automatically-generated-labels-and-time-series",
)
def check(scraped: ComponentTargets) -> Iterator[Finding]:
    name = scraped.component
    if not scraped.targets:
        hint = f"name {name} in a target file with the label `job: {name}`, as stack/prometheus/deployed/targets/ does"
        yield Finding(f"Prometheus has no target under job `{name}`", hint=hint)
    for target in scraped.targets:
        if target.health != "up" or target.last_error:
            why = target.last_error or "it has not been scraped yet"
            yield Finding(
                f"the target of {name} is {target.health}: {why}",
                Where(url=target.scrape_url),
                hint="see that it listens at the address of the target file, and that Prometheus gets there",
            )
