"""Failures are counted by their own metric, not by a label.

With one counter for all attempts and one for the failed ones the ratio is a plain division; with a label `success`
every query for all attempts has to add up first.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import labels_of, where_label

OUTCOMES = ("success", "failed", "failure", "error", "hit", "miss")
BOOLEANS = frozenset({"true", "false", "0", "1", "yes", "no"})


@rule(
    Good("logins_total 5\nlogins_failed_total 1\n"),
    Good('app_errors_total{error="timeout"} 1\n'),
    Bad('logins_total{success="true"} 4\n', "`logins_total` counts successes and failures by a label, `success`"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#naming",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    for family, labels in labels_of(exposition, label=OUTCOMES.__contains__):
        for label in OUTCOMES:
            if label in labels and {value.lower() for value in labels[label]} <= BOOLEANS:
                yield Finding(
                    f"`{family.exposed_name}` counts successes and failures by a label, `{label}`",
                    where_label(family, label),
                    "count all attempts in one metric and the failed ones (or the hits) in another",
                )
