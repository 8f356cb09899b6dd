"""Metric names use base units.

With seconds in one metric and milliseconds in another every query has to know which uses which; graphing tools scale
base units to readable ones.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import where
from suites.metrics.helpers.units import NOT_BASE, unit_in


@rule(
    Good("http_request_duration_seconds 0.3\n"),
    Good("dns_hit_ratio 0.9\n"),
    Bad(
        "http_latency_milliseconds 300\n",
        "`http_latency_milliseconds`: use base unit `seconds` instead of `milliseconds`",
    ),
    Bad("node_room_fahrenheit 70\n", "`node_room_fahrenheit`: use base unit `celsius` instead of `fahrenheit`"),
    Bad("node_traffic_kilobits 8\n", "`node_traffic_kilobits`: use base unit `bytes` instead of `kilobits`"),
    only=lambda family: not NOT_BASE.isdisjoint(family.exposed_name.split("_")),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/naming/#base-units",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    name = family.exposed_name
    found = unit_in(name)
    if found is None or found.unit == found.base:
        return
    better = name.replace(found.unit, found.base, 1)
    how = f" and multiply its values by {found.factor}" if found.factor else " and convert its values"
    yield Finding(
        f"`{name}`: use base unit `{found.base}` instead of `{found.unit}`", where(family), f"rename it `{better}`{how}"
    )
