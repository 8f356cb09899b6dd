"""Labels that Prometheus attaches or reserves are not exposed.

`job` and `instance` name the target that a series came from. If the service exposes them too, Prometheus renames its
ones to `exported_…` (or, with `honor_labels`, uses them and mixes up targets). A Pushgateway and `/federate` expose
the labels of others, and are scraped with `honor_labels`. Names that begin with two underscores are reserved by
Prometheus; OpenMetrics forbids them altogether, which is another rule.
"""

from collections.abc import Iterator
from functools import partial

from stack.records.exposition.exposition import Exposition
from stack.records.exposition.model import Format
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import families_of, federated, users_of_labels, where_label
from suites.metrics.helpers.label_names import RESERVED


@rule(
    Good('jobs_total{queue="a"} 1\n'),
    Good('jobs_total{job="a",instance="b:1"} 1 1711610959000\n'),
    Good('jobs_total{job="a",instance=""} 1\npush_time_seconds{job="a",instance=""} 1711610959\n'),
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
    reason = partial(_reason, exposition.format)
    others = any(family.name == "push_time_seconds" or federated(family) for family in families_of(exposition))
    for label, families in users_of_labels(exposition, reason).items():
        if others and label in RESERVED:
            continue
        amount = "1 metric exposes it" if len(families) == 1 else f"{len(families)} metrics expose it"
        yield Finding(
            f"label `{label}` {reason(label)}, and {amount}, first `{families[0].exposed_name}`",
            where_label(families[0], label),
            "rename it after what it means: `queue`, `peer`, …",
        )


def _reason(fmt: Format, label: str) -> str | None:
    if label in RESERVED:
        return "is attached by Prometheus"
    if label.startswith("exported_"):
        return "is Prometheus' name for a clashing label"
    reserved = label.startswith("__") and label != "__name__" and fmt is Format.TEXT
    return "begins with two underscores" if reserved else None
