"""Prometheus scrapes the service, exactly once, under the expected job.

A service that no scrape configuration mentions is invisible; one that two of them mention counts twice in every sum.
"""

from collections.abc import Iterator

from stack.records.scrape.target import ScrapeTarget
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("job: a\ntargets: [{job: a, instance: 'h:1', health: up, scrape_url: 'http://h:1/metrics'}]\n"),
    Bad("job: a\ntargets: []\nurl: http://h:1/metrics\n", "Prometheus has no target for `http://h:1/metrics`"),
    Bad(
        "job: a\ntargets: [{job: b, instance: 'h:1', health: up, scrape_url: 'http://h:1/metrics'}]\n",
        "Prometheus scrapes `http://h:1/metrics` under job `b` instead of `a`",
    ),
    Bad(
        "job: a\ntargets:\n"
        "  - {job: a, instance: 'h:1', health: up, scrape_url: 'http://h:1/metrics'}\n"
        "  - {job: b, instance: 'h:1', health: up, scrape_url: 'http://h:1/metrics'}\n",
        "Prometheus scrapes `http://h:1/metrics` 2 times: under job `a`, `b`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/concepts/jobs_instances/",
)
def check(target: ScrapeTarget) -> Iterator[Finding]:
    jobs = [found.job for found in target.targets]
    if not jobs:
        message = f"Prometheus has no target for `{target.url}`"
        yield Finding(message, Where(url=target.url), f"add it to the targets of job `{target.job}`")
        return
    url = target.targets[0].scrape_url
    if len(jobs) > 1:
        under = ", ".join(f"`{job}`" for job in jobs)
        message = f"Prometheus scrapes `{url}` {len(jobs)} times: under job {under}"
        yield Finding(message, Where(url=url), "take it out of all scrape configurations but one")
    elif jobs[0] != target.job:
        message = f"Prometheus scrapes `{url}` under job `{jobs[0]}` instead of `{target.job}`"
        yield Finding(
            message, Where(url=url), "correct `job_name` (or the `job` label of the target), or `metrics.job`"
        )
