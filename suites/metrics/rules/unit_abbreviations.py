"""Units in metric names are written out.

`_m` may be metres, minutes or millions; `_seconds` and `_bytes` are understood without asking. A single letter is
taken for a unit at the end of a name only, where something measured comes before it: elsewhere it is a name (tasks in
state `d`, plan `b`, the metric `b` of an application).
"""

import re
from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import of_library, where
from suites.metrics.helpers.units import ABBREVIATIONS

SUFFIXES = ("total", "count", "sum", "bucket", "created")
"""Words that come after a unit."""
MEASURED = re.compile(
    r"age|altitude|bandwidth|delay|depth|distance|downtime|duration|elapsed|height|interval|lag|latency|length|memory|"
    r"offset|period|radius|rate|rss|rtt|runtime|size|throughput|time|timeout|traffic|ttl|uptime|wait|waiting|width"
)
"""What has a unit even where it is the first word of a name."""
LETTERED = re.compile(
    r"arm|bank|block|bucket|case|channel|class|cohort|copy|drive|feed|grade|group|lane|leg|line|link|load|model|option|"
    r"part|phase|plan|platform|player|point|port|rail|rank|replica|row|section|sector|series|side|slot|stage|string|"
    r"team|terminal|test|tier|track|train|type|unit|variant|version|volume|wing|zone"
)
"""What is told apart by letters."""


@rule(
    Good("http_request_duration_seconds 1\n"),
    Good("s_and_p_index 1\n"),
    Good("container_cpu_load_d_average_10s 1\n"),
    Good("host_load_d 1\n"),
    Good("flow_next_s_bounds 1\n"),
    Good("acme_b 1\n"),
    Good("shop_checkout_variant_b_total 1\n"),
    Bad("acme_wait_s 1\n", "`acme_wait_s` abbreviates a unit: `s`"),
    Bad("acme_stored_objects_b 1\n", "`acme_stored_objects_b` abbreviates a unit: `b`"),
    Bad("wait_s_total 1\n", "`wait_s_total` abbreviates a unit: `s`"),
    Bad("http_request_duration_ms 1\n", "`http_request_duration_ms` abbreviates a unit: `ms`"),
    Bad("disk_kb_read_total 1\n", "`disk_kb_read_total` abbreviates a unit: `kb`"),
    only=lambda family: not ABBREVIATIONS.isdisjoint(family.exposed_name.lower().split("_")),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/naming/#metric-names",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    name = family.exposed_name
    parts = name.split("_")
    end = max((at for at, part in enumerate(parts) if part not in SUFFIXES), default=0)
    words = [
        part
        for at, part in enumerate(parts)
        if at and part.lower() in ABBREVIATIONS and (len(part) > 1 or (at == end and _has_unit(parts[:at])))
    ]
    if words and not of_library(family):
        yield Finding(
            f"`{name}` abbreviates a unit: `{words[0]}`",
            where(family),
            "write the unit out, as a base unit: `_seconds`, `_bytes`, …",
        )


def _has_unit(words: list[str]) -> bool:
    """Whether a single letter after these words is their unit."""
    before = words[-1].lower()
    return bool(MEASURED.fullmatch(before)) or (len(words) > 1 and not LETTERED.fullmatch(before))
