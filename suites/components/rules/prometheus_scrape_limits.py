"""Every scrape job limits the number of samples and the size of the body.

One service that puts an id into a label can fill the memory of Prometheus within an hour. With limits only its own
scrape fails.
"""

from collections.abc import Iterator

from stack.records.config.prometheus import PrometheusConfig
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

LIMITS = ("sample_limit", "body_size_limit")


@rule(
    Good("scrape_configs: [{job_name: services, sample_limit: 50000, body_size_limit: 50MB}]"),
    Good("global: {sample_limit: 50000, body_size_limit: 50MB}\nscrape_configs: [{job_name: services}]"),
    Bad(
        "scrape_configs: [{job_name: services, sample_limit: 0}]",
        "scrape job `services` has no `sample_limit` and no `body_size_limit`",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config",
)
def check(prometheus: PrometheusConfig) -> Iterator[Finding]:
    if not prometheus.data.get("scrape_configs"):
        raise NotApplicable("the file has no scrape jobs")
    defaults = prometheus.section("global")
    jobs = prometheus.data.get("scrape_configs")
    for number, job in enumerate(jobs if isinstance(jobs, list) else []):
        if not isinstance(job, dict):
            continue
        missing = [f"no `{limit}`" for limit in LIMITS if not job.get(limit, defaults.get(limit))]
        if missing:
            yield Finding(
                f"scrape job `{job.get('job_name')}` has {' and '.join(missing)}",
                Where(file=prometheus.file, line=prometheus.line("scrape_configs", number)),
                hint="sample_limit: 50000 and body_size_limit: 50MB in the job",
            )
