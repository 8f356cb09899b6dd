"""The prefixes `process_` and `scrape_` are reserved for client libraries and Prometheus.

Prometheus writes `scrape_duration_seconds` and similar series about each scrape, and dashboards read `process_…` as
the client libraries' metrics.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import where

CLIENT_LIBRARIES = frozenset(
    {
        "process_cpu_seconds_total",
        "process_open_fds",
        "process_max_fds",
        "process_virtual_memory_bytes",
        "process_virtual_memory_max_bytes",
        "process_resident_memory_bytes",
        "process_heap_bytes",
        "process_start_time_seconds",
        "process_threads",
        "process_network_receive_bytes_total",
        "process_network_transmit_bytes_total",
        *("process_uptime_seconds", "process_cpu_usage", "process_cpu_time_ns_total"),  # Micrometer's
        *("process_files_open_files", "process_files_max_files"),
    }
)


@rule(
    Good("process_start_time_seconds 1700000000\n"),
    Good("jmx_scrape_duration_seconds 1\n"),
    Bad("scrape_duration_seconds 1\n", "`scrape_duration_seconds` uses the prefix `scrape_`, which is Prometheus' own"),
    Bad(
        "process_jobs 1\n",
        "`process_jobs` uses the prefix `process_`, which is for the client library's process metrics",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#naming",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    name = family.exposed_name
    hint = f"put the application's name in front: `myapp_{name}`"
    if name.startswith("scrape_"):
        yield Finding(f"`{name}` uses the prefix `scrape_`, which is Prometheus' own", where(family), hint)
    elif name.startswith("process_") and name not in CLIENT_LIBRARIES:
        message = f"`{name}` uses the prefix `process_`, which is for the client library's process metrics"
        yield Finding(message, where(family), hint)
