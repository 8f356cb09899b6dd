"""Every service of the catalog is a job of the running Prometheus.

What the files say is one thing; a target file that was not mounted, or a discovery that finds nothing, is seen only
in the server.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.live.catalog import RunningJobs
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{jobs: {api: 'http://h:1/metrics'}, catalog: [api]}"),
    Bad(
        "{jobs: {api: 'http://h:1/metrics'}, catalog: [api, checkout]}",
        "service `checkout` is in the catalog and no job of the running Prometheus",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/api/#targets",
)
def check(live: RunningJobs) -> Iterator[Finding]:
    jobs = {job for job, _ in live.jobs}
    for name in live.catalog:
        if name not in jobs:
            yield Finding(
                f"service `{name}` is in the catalog and no job of the running Prometheus",
                hint=f"name its address in a target file with the label `job: {name}`; Prometheus takes it at once",
            )
