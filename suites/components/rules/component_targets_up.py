"""Prometheus scrapes every component of the stack successfully.

A stack that does not monitor itself fails silently: the alerts on lost log lines and on overdue retention runs use
these metrics.
"""

from collections.abc import Iterator

from stack.records.live.components import ComponentTargets
from suites.components.helpers.targets import not_up
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule

TARGET = "{job: loki, instance: 'h:1', scrape_url: 'http://h:1/metrics', health: "


@rule(
    Good("{component: loki, job: loki, targets: [" + TARGET + "up}]}"),
    Bad("{component: loki, job: logs, targets: []}", "Prometheus has no target for job `logs`"),
    Bad(
        "{component: loki, build_info: loki_build_info, targets: []}",
        "Prometheus has no target of loki: none has exposed `loki_build_info` within a day",
    ),
    Bad(
        "{component: loki, job: loki, targets: [" + TARGET + "down, last_error: 'connection refused'}]}",
        "the target `h:1` of loki is down: connection refused",
    ),
    Bad(
        "{component: loki, job: loki, targets: [" + TARGET + "unknown}]}",
        "the target `h:1` of loki is unknown: it has not been scraped yet",
    ),
    Bad(
        "{component: loki, job: loki, replicas: 3, targets: [" + TARGET + "up}]}",
        "Prometheus has 1 target of loki, and the target file promises 3 replicas",
    ),
    Unjudged(
        "{component: loki, job: loki, observed_s: 5, targets: [" + TARGET + "unknown, interval_seconds: 15}]}",
        NotCollected("not scraped yet: `h:1`"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/concepts/jobs_instances/#automatically-generated-labels-and-time-series",
    root_cause=True,
)
def check(scraped: ComponentTargets) -> Iterator[Finding]:
    name, number = scraped.component, len(scraped.targets)
    if not scraped.targets and scraped.job:
        hint = f"add {name} to a scrape job `{scraped.job}`, or say under which `job` of the target file it is scraped"
        yield Finding(f"Prometheus has no target for job `{scraped.job}`", hint=hint)
    elif not scraped.targets:
        hint = f"add {name} to a scrape job; where it exposes no such metric, name its `job` in the target file"
        seen = f"none has exposed `{scraped.build_info}` within a day"
        yield Finding(f"Prometheus has no target of {name}: {seen}", hint=hint)
    elif number < scraped.replicas:
        yield Finding(
            f"Prometheus has {number} target{'s' if number > 1 else ''} of {name}, and the target file promises "
            f"{scraped.replicas} replicas",
            hint="check what service discovery finds, or correct `replicas` in the target file",
        )
    yield from not_up(scraped.targets, scraped.observed_s, name)
