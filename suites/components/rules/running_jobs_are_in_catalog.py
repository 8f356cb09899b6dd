"""Every job that the running Prometheus scrapes is a service of the catalog or a component.

An unknown job is scraped and stored without an owner, or its name is misspelt.
"""

from collections.abc import Iterator

from stack.records.live.catalog import RunningJobs
from suites.components.helpers.jobs import unknown_jobs
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("{jobs: {api: 'http://h:1/metrics', loki: 'http://h:2/metrics'}, catalog: [api], components: [loki]}"),
    Bad(
        "{jobs: {apii: 'http://h:1/metrics'}, catalog: [api], components: [loki]}",
        "job `apii` is neither in the catalog nor a component",
    ),
    Unjudged(
        "{jobs: {a: 'http://h:1/metrics'}, catalog: [], untold: [a]}",
        NotCollected("no job has answered a scrape yet"),
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/querying/api/#targets",
)
def check(live: RunningJobs) -> Iterator[Finding]:
    known = live.catalog + live.components
    told = [(job, Where(url=url)) for job, url in live.jobs if job in known or job not in live.untold]
    if live.jobs and not told:
        raise NotCollected("no job has answered a scrape yet")
    yield from unknown_jobs(told, known)
