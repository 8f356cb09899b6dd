"""Every service of the catalog has a scrape job.

A service that nobody scrapes never raises an alert and is missing from every dashboard without a gap to be seen.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.config.scrape_jobs import ScrapeJobs
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{jobs: {api-gateway: targets/services.json, loki: targets/components.json}, catalog: [api-gateway]}"),
    Bad(
        "{jobs: {api-gateway: targets/services.json}, catalog: [api-gateway, scheduler, storage]}",
        "no target file has the job `scheduler`",
        "no target file has the job `storage`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#file_sd_config",
)
def check(scrape: ScrapeJobs) -> Iterator[Finding]:
    known = {job for job, _ in scrape.jobs}
    for name in scrape.catalog:
        if name not in known:
            yield Finding(
                f"no target file has the job `{name}`",
                Where(file=scrape.jobs[0][1] if scrape.jobs else None),
                hint=f'{{"targets": ["{name}:8080"], "labels": {{"job": "{name}"}}}}',
            )
