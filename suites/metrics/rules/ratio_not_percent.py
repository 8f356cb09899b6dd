"""Shares are exposed as ratios from 0 to 1, not as percentages.

`ratio` is the base unit: with it `1 - x` and products of shares mean what they say, and tools draw the percent sign.
"""

import re
from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import of_library, where

PERCENT = ("percent", "percentage", "pct")
ANY_CASE = re.compile("pct|percent", re.IGNORECASE)


@rule(
    Good("disk_usage_ratio 0.4\n"),
    Bad("disk_usage_percent 40\n", "`disk_usage_percent` is a percentage instead of a ratio"),
    only=lambda family: ANY_CASE.search(family.exposed_name),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/naming/#base-units",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    name = family.exposed_name
    words = name.lower().split("_")
    found = [word for word in PERCENT if word in words]
    if found and not of_library(family):
        better = name.replace(found[0], "ratio")
        yield Finding(
            f"`{name}` is a percentage instead of a ratio", where(family), f"rename it `{better}` and divide it by 100"
        )
