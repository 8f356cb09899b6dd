"""Units in metric names are written out.

`_m` may be metres, minutes or millions; `_seconds` and `_bytes` are understood without asking. A single letter is
taken for a unit at the end of a name only: elsewhere, and after `load`, it is a name (tasks in state `d`).
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import of_library, where
from suites.metrics.helpers.units import ABBREVIATIONS

SUFFIXES = ("total", "count", "sum", "bucket", "created")
"""Words that come after a unit."""


@rule(
    Good("http_request_duration_seconds 1\n"),
    Good("s_and_p_index 1\n"),
    Good("container_cpu_load_d_average_10s 1\n"),
    Good("host_load_d 1\n"),
    Good("flow_next_s_bounds 1\n"),
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
        if at and part.lower() in ABBREVIATIONS and (len(part) > 1 or (at == end and parts[at - 1] != "load"))
    ]
    if words and not of_library(family):
        yield Finding(
            f"`{name}` abbreviates a unit: `{words[0]}`",
            where(family),
            "write the unit out, as a base unit: `_seconds`, `_bytes`, …",
        )
