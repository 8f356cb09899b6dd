"""The prefixes `process_` and `scrape_` are reserved for client libraries and Prometheus.

Prometheus writes `scrape_duration_seconds` and similar series about each scrape, and dashboards read `process_…` as
the client libraries' metrics.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import federated, of_library, where


@rule(
    Good("process_start_time_seconds 1700000000\n"),
    Good("# TYPE process_cpu_user_seconds_total counter\nprocess_cpu_user_seconds_total 1\n"),
    Good("process_resident_memory_peak_bytes 1\n"),
    Good('process_exporter_build_info{version="0.8"} 1\n'),
    Good('scrape_samples_scraped{job="a",instance="b:1"} 1 1711610959000\n'),
    Good("jmx_scrape_duration_seconds 1\n"),
    Bad("scrape_duration_seconds 1\n", "`scrape_duration_seconds` uses the prefix `scrape_`, which is Prometheus' own"),
    Bad(
        "process_jobs 1\n",
        "`process_jobs` uses the prefix `process_`, which is for the client library's process metrics",
    ),
    only=lambda family: family.exposed_name.startswith(("scrape_", "process_")),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#naming",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    name = family.exposed_name
    hint = f"put the application's name in front: `myapp_{name}`"
    if name.startswith("scrape_") and not federated(family):
        yield Finding(f"`{name}` uses the prefix `scrape_`, which is Prometheus' own", where(family), hint)
    elif name.startswith("process_") and not (of_library(family) or name.startswith("process_exporter_")):
        message = f"`{name}` uses the prefix `process_`, which is for the client library's process metrics"
        yield Finding(message, where(family), hint)
