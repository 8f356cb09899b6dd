"""Every service of the catalog has a scrape job.

A service that is not scraped raises no alert and is missing from every dashboard without a visible gap.
"""

from collections.abc import Iterator

from stack.records.config.scrape_jobs import ScrapeJobs
from suites.components.helpers.jobs import services_without_job
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{jobs: {api-gateway: targets/services.json, loki: targets/components.json}, catalog: [api-gateway]}"),
    Bad(
        "{jobs: {api-gateway: targets/services.json}, catalog: [api-gateway, scheduler, storage]}",
        "service `scheduler` of the catalog has no job in the target files",
        "service `storage` of the catalog has no job in the target files",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#file_sd_config",
)
def check(scrape: ScrapeJobs) -> Iterator[Finding]:
    where = Where(file=scrape.jobs[0][1] if scrape.jobs else None)
    yield from services_without_job((job for job, _ in scrape.jobs), scrape.catalog, "the target files", where)
