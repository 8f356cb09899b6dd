"""Prometheus scrapes every component of the stack successfully.

A stack that does not monitor itself fails silently: the alerts on lost log lines and on overdue retention runs use
these metrics.
"""

from collections.abc import Iterator

from stack.records.live.components import ComponentTargets
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

TARGET = "{job: loki, instance: 'h:1', scrape_url: 'http://h:1/metrics', health: "


@rule(
    Good("{component: loki, targets: [" + TARGET + "up}]}"),
    Bad("{component: loki, targets: []}", "Prometheus has no target for job `loki`"),
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
        hint = f"add {name} to a target file with the label `job: {name}`, as in stack/prometheus/deployed/targets/"
        yield Finding(f"Prometheus has no target for job `{name}`", hint=hint)
    for target in scraped.targets:
        if target.health != "up" or target.last_error:
            reason = target.last_error or "it has not been scraped yet"
            yield Finding(
                f"the target of {name} is {target.health}: {reason}",
                Where(url=target.scrape_url),
                hint="check that it listens on the address in the target file and that Prometheus can reach it",
            )
