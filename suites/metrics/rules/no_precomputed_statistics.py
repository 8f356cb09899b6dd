"""Averages, percentiles and moving rates are left to Prometheus.

A mean or a five-minute rate that the service computed cannot be aggregated over instances, and its time range is
unknown; a counter or a histogram gives all of them.
"""

import re
from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import of_library, where

STATISTIC = re.compile(
    r"_(avg|average|mean|median|stddev|p\d\d\d?|[0-9]+(?:st|th)?_?percentile|(?:rate_?)?(?:1|5|15)m)(?:_|$)"
)


@rule(
    Good("# TYPE http_request_duration_seconds histogram\n"),
    Good("node_load5 1\n"),
    Bad("http_latency_p99_seconds 1\n", "`http_latency_p99_seconds` is a statistic computed by the service: `p99`"),
    Bad("http_requests_rate_5m 1\n", "`http_requests_rate_5m` is a statistic computed by the service: `rate_5m`"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#drop-less-useful-statistics",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    name = family.exposed_name
    found = STATISTIC.search(name)
    if found and not of_library(family):
        yield Finding(
            f"`{name}` is a statistic computed by the service: `{found[1]}`",
            where(family),
            "expose a counter, or a histogram of the single values, and compute it in the query",
        )
