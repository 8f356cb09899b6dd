"""Labels that Prometheus attaches or reserves are not exposed.

`job` and `instance` name the target that a series came from. If the service exposes them too, Prometheus renames its
ones to `exported_…` (or, with `honor_labels`, uses them and mixes up targets). Names that begin with two underscores
are reserved by Prometheus; OpenMetrics forbids them altogether, which is another rule.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from stack.records.exposition.model import Format
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import families_of, where_label
from suites.metrics.helpers.label_names import RESERVED


@rule(
    Good('jobs_total{queue="a"} 1\n'),
    Bad(
        'jobs_total{job="a"} 1\nruns_total{job="a"} 1\n',
        "label `job` is attached by Prometheus, and 2 metrics expose it, first `jobs_total`",
    ),
    Bad(
        'jobs_total{exported_job="a"} 1\n',
        "label `exported_job` is Prometheus' name for a clashing label, and 1 metric exposes it, first `jobs_total`",
    ),
    Bad(
        'jobs_total{__queue="a"} 1\n',
        "label `__queue` begins with two underscores, and 1 metric exposes it, first `jobs_total`",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/concepts/jobs_instances/#automatically-generated-labels-and-time-series",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    users: dict[str, list[str]] = {}
    first: dict[str, Where] = {}
    for family in families_of(exposition):
        for label in exposition.label_values[family.name]:
            if _what(label, exposition.format):
                users.setdefault(label, []).append(family.exposed_name)
                first.setdefault(label, where_label(family, label))
    for label, names in users.items():
        amount = "1 metric exposes it" if len(names) == 1 else f"{len(names)} metrics expose it"
        yield Finding(
            f"label `{label}` {_what(label, exposition.format)}, and {amount}, first `{names[0]}`",
            first[label],
            "rename it after what it means: `queue`, `peer`, …; a Pushgateway is scraped with `honor_labels: true`",
        )


def _what(label: str, fmt: Format) -> str | None:
    if label in RESERVED:
        return "is attached by Prometheus"
    if label.startswith("exported_"):
        return "is Prometheus' name for a clashing label"
    return (
        "begins with two underscores" if label.startswith("__") and label != "__name__" and fmt is Format.TEXT else None
    )
