"""Failures are counted by a metric of their own, not by a label.

With one counter for all attempts and one for the failed ones the ratio is a plain division; a label `success` makes
every query that wants all of them add up first.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import exposed_name, labels_of, where_label

VERDICTS = ("success", "failed", "failure", "error", "hit", "miss")
BOOLEANS = frozenset({"true", "false", "0", "1", "yes", "no"})


@rule(
    Good("logins_total 5\nlogins_failed_total 1\n"),
    Good('app_errors_total{error="timeout"} 1\n'),
    Bad('logins_total{success="true"} 4\n', "`logins_total` tells success from failure by a label, `success`"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#naming",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    """Judge all families that have labels."""
    for family, labels in labels_of(exposition):
        for label in VERDICTS:
            if label in labels and {value.lower() for value in labels[label]} <= BOOLEANS:
                yield Finding(
                    f"`{exposed_name(family)}` tells success from failure by a label, `{label}`",
                    where_label(family, label),
                    "count all attempts in one metric and the failed ones (or the hits) in another",
                )
