"""Every job that the running Prometheus scrapes is a service of the catalog or a component.

A job that nobody knows is scraped, stored and paid for, and its owner is nobody; or its name is misspelt.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.live.catalog import RunningJobs
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{jobs: {api: 'http://h:1/metrics', loki: 'http://h:2/metrics'}, catalog: [api], components: [loki]}"),
    Bad(
        "{jobs: {apii: 'http://h:1/metrics'}, catalog: [api], components: [loki]}",
        "job `apii` is scraped and is neither in the catalog nor a component",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/querying/api/#targets",
)
def check(live: RunningJobs) -> Iterator[Finding]:
    known = {*live.catalog, *live.components}
    for job, url in live.jobs:
        if job not in known:
            yield Finding(
                f"job `{job}` is scraped and is neither in the catalog nor a component",
                Where(url=url),
                hint=f"add fixtures/services/{job}/service.yaml, or remove the target",
            )
