"""Metric names do not contain the names of their labels.

`http_requests_by_path_total` is wrong as soon as a query aggregates `path` away.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import labels_of, where


@rule(
    Good('http_requests_total{path="/"} 1\n'),
    Bad(
        'http_requests_by_path_total{path="/"} 1\n',
        "`http_requests_by_path_total` contains the name of its label, `path`",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#naming",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    for family, labels in labels_of(exposition, only=lambda family: "_by_" in family.exposed_name):
        name = family.exposed_name
        for label in labels:
            if f"_by_{label}_" in f"{name}_":
                better = f"{name}_".replace(f"_by_{label}_", "_", 1).removesuffix("_")
                yield Finding(
                    f"`{name}` contains the name of its label, `{label}`", where(family), f"rename it `{better}`"
                )
