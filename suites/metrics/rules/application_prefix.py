"""Metric names begin with an application or domain prefix.

All services share one namespace in Prometheus, where `requests_total` could belong to any of them. A single word
before the subject (`http_`, `myapp_`) distinguishes them.
"""

import re
from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import federated, where
from suites.metrics.helpers.units import SUFFIX_UNITS

WORDS = re.compile(r"[^a-zA-Z0-9]+|(?<=[a-z])(?=[A-Z])")
"""Where one word of a name ends and the next begins, in whatever way it is written."""

FOUR_WORDS = re.compile(r"(?:[a-zA-Z0-9]++[^a-zA-Z0-9]++){3}[a-zA-Z0-9]")
"""Two of them are left when unit and `total` are taken off."""


@rule(
    Good("http_requests_total 1\n"),
    Good("python_info 1\n"),
    Good('{"http.requests"} 1\n'),
    Good("httpRequests 1\n"),
    Good('up{job="a",instance="b:1"} 1 1711610959000\n'),
    Bad("requests_total 1\n", "`requests_total` has no application or domain prefix"),
    Bad("latency_seconds 1\n", "`latency_seconds` has no application or domain prefix"),
    only=lambda family: not FOUR_WORDS.match(family.exposed_name),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/naming/#metric-names",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    name = family.exposed_name
    words = [word for word in WORDS.split(name) if word] or [name]
    if words[-1] == "total":
        words.pop()
    if words and words[-1] in SUFFIX_UNITS:
        words.pop()
    if len(words) < 2 and not federated(family):  # the prefix and one word
        yield Finding(
            f"`{name}` has no application or domain prefix",
            where(family),
            f"put the application's or the library's name in front: `myapp_{name}`",
        )
