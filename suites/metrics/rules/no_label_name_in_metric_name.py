"""Metric names do not name their labels.

`http_requests_by_path_total` is a lie as soon as a query aggregates `path` away.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import exposed_name, labels_of, where


@rule(
    Good('http_requests_total{path="/"} 1\n'),
    Bad('http_requests_by_path_total{path="/"} 1\n', "`http_requests_by_path_total` names its label `path`"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#naming",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    """Judge all families that have labels."""
    for family, labels in labels_of(exposition):
        name = exposed_name(family)
        for label in labels:
            if f"_by_{label}_" in f"{name}_":
                better = f"{name}_".replace(f"_by_{label}_", "_", 1).removesuffix("_")
                yield Finding(f"`{name}` names its label `{label}`", where(family), f"rename it `{better}`")
