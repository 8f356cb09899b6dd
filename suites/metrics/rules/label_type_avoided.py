"""No label is called `type`.

The name is too vague: the type of what? A reader of a query cannot guess which values it takes.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import labels_of, of_library, where_label


@rule(
    Good('cache_lookups_total{outcome="hit"} 1\n'),
    Good('nodejs_active_handles{type="Socket"} 1\n'),
    Bad('cache_lookups_total{type="hit"} 1\n', "`cache_lookups_total` has a label called `type`"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#labels",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    for family, labels in labels_of(exposition, label="type".__eq__):
        if "type" in labels and not of_library(family):
            yield Finding(
                f"`{family.exposed_name}` has a label called `type`",
                where_label(family, "type"),
                "name it after what it distinguishes: `operation`, `outcome`, `cause`, …",
            )
