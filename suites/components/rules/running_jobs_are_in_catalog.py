"""Every job that the running Prometheus scrapes is a service of the catalog or a component.

An unknown job is scraped and stored without an owner, or its name is misspelt.
"""

from collections.abc import Iterator

from stack.records.live.catalog import RunningJobs
from suites.components.helpers.jobs import unknown_jobs
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{jobs: {api: 'http://h:1/metrics', loki: 'http://h:2/metrics'}, catalog: [api], components: [loki]}"),
    Bad(
        "{jobs: {apii: 'http://h:1/metrics'}, catalog: [api], components: [loki]}",
        "job `apii` is neither in the catalog nor a component",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/querying/api/#targets",
)
def check(live: RunningJobs) -> Iterator[Finding]:
    yield from unknown_jobs([(job, Where(url=url)) for job, url in live.jobs], live.catalog + live.components)
