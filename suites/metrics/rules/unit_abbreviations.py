"""Units in metric names are written out.

`_m` may be metres, minutes or millions; `_seconds` and `_bytes` are understood without asking.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import where
from suites.metrics.helpers.units import ABBREVIATIONS


@rule(
    Good("http_request_duration_seconds 1\n"),
    Good("s_and_p_index 1\n"),
    Bad("http_request_duration_ms 1\n", "`http_request_duration_ms` abbreviates a unit: `ms`"),
    Bad("disk_kb_read_total 1\n", "`disk_kb_read_total` abbreviates a unit: `kb`"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/naming/#metric-names",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    name = family.exposed_name
    words = [word for word in name.split("_")[1:] if word.lower() in ABBREVIATIONS]
    if words:
        yield Finding(
            f"`{name}` abbreviates a unit: `{words[0]}`",
            where(family),
            "write the unit out, as a base unit: `_seconds`, `_bytes`, …",
        )
