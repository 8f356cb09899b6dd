"""The labels that Prometheus attaches are not exposed.

`job` and `instance` say which target a series came from. If the service exposes them too, Prometheus renames its ones
to `exported_…` (or, under `honor_labels`, believes them and mixes up targets).
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition import Exposition
from suites.finding import Finding, Where
from suites.metrics.families import exposed_name, families_of, where_label
from suites.rule import Bad, Good, Level, rule

RESERVED = ("job", "instance")


@rule(
    Good('jobs_total{queue="a"} 1\n'),
    Bad(
        'jobs_total{job="a"} 1\nruns_total{job="a"} 1\n',
        "label `job` is attached by Prometheus, and 2 metrics expose it, first `jobs_total`",
    ),
    Bad(
        'jobs_total{exported_job="a"} 1\n',
        "label `exported_job` is attached by Prometheus, and 1 metric exposes it, first `jobs_total`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/concepts/jobs_instances/#automatically-generated-labels-and-time-series",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    """Judge all label names; each reserved one is told once. Names with two underscores break the wire format."""
    users: dict[str, list[str]] = {}
    first: dict[str, Where] = {}
    for family in families_of(exposition):
        for label in exposition.label_values[family.name]:
            if label in RESERVED or label.startswith("exported_"):
                users.setdefault(label, []).append(exposed_name(family))
                first.setdefault(label, where_label(family, label))
    for label, names in users.items():
        amount = "1 metric exposes it" if len(names) == 1 else f"{len(names)} metrics expose it"
        yield Finding(
            f"label `{label}` is attached by Prometheus, and {amount}, first `{names[0]}`",
            first[label],
            "drop it, or rename it after what it means here: `queue`, `task`, `peer`, …; only a Pushgateway or a "
            "federated server exposes it on purpose, and is scraped with `honor_labels: true`",
        )
