"""Every scrape job is a service of the catalog or a component of the stack.

A job that nobody knows is scraped, stored and paid for, and its owner is nobody; or its name is misspelt.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.config.scrape_jobs import ScrapeJobs
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
    known = {*scrape.catalog, *scrape.components}
    for job, file in scrape.jobs:
        if job not in known:
            yield Finding(
                f"job `{job}` is neither in the catalog nor a component",
                Where(file=file),
                hint=f"add fixtures/services/{job}/service.yaml, or remove the target group",
            )
