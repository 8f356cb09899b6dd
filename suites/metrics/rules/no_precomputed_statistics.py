"""Averages, percentiles and moving rates are left to Prometheus.

A mean or a five-minute rate that the service computed cannot be aggregated over instances, and its time range is
unknown; a counter or a histogram gives all of them. Load averages come from the kernel, which has nothing else.
"""

import re
from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import is_setting, of_library, where

LOAD = re.compile(
    r"loadavg|(?:^|_)load_?(?:avg|average)?_?(?:1|5|15)m?$|(?:cpu|system|host|node|os|machine)_load(?:_[a-z])?(?:_|$)"
)
STATISTIC = re.compile(
    r"_(avg|average|mean|median|stddev|p\d\d\d?|[0-9]+(?:st|th)?_?percentile|(?:rate_?)?(?:1|5|15)m)(?:_|$)"
)


@rule(
    Good("# TYPE http_request_duration_seconds histogram\n"),
    Good("node_load5 1\n"),
    Good("host_load_average_1m 1\n"),
    Good("container_cpu_load_d_average_10s 1\n"),
    Good("db_settings_flushing_avg_loops 30\n"),
    Bad("http_page_load_avg_seconds 1\n", "`http_page_load_avg_seconds` is a statistic computed by the service: `avg`"),
    Bad("http_latency_p99_seconds 1\n", "`http_latency_p99_seconds` is a statistic computed by the service: `p99`"),
    Bad("http_requests_rate_5m 1\n", "`http_requests_rate_5m` is a statistic computed by the service: `rate_5m`"),
    only=lambda family: STATISTIC.search(family.exposed_name),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#drop-less-useful-statistics",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    name = family.exposed_name
    found = STATISTIC.search(name)
    if found and not (of_library(family) or is_setting(family) or LOAD.search(name)):
        yield Finding(
            f"`{name}` is a statistic computed by the service: `{found[1]}`",
            where(family),
            "expose a counter, or a histogram of the single values, and compute it in the query",
        )
