"""Every scrape job is a service of the catalog or a component of the stack.

An unknown job is scraped and stored without an owner, or its name is misspelt.
"""

from collections.abc import Iterator

from stack.records.config.scrape_jobs import ScrapeJobs
from suites.components.helpers.jobs import unknown_jobs
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{jobs: {api-gateway: a.json, loki: b.json}, catalog: [api-gateway], components: [loki]}"),
    Bad(
        "{jobs: {api-gatway: targets/services.json}, catalog: [api-gateway]}",
        "job `api-gatway` is neither in the catalog nor a component",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/concepts/jobs_instances/",
)
def check(scrape: ScrapeJobs) -> Iterator[Finding]:
    yield from unknown_jobs([(job, Where(file=file)) for job, file in scrape.jobs], scrape.catalog + scrape.components)
