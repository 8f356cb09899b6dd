"""No series is the total of the others.

`sum()` over a metric that has a `total` series beside its parts counts everything twice; Prometheus adds up the parts
itself.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import is_info, labels_of, where_label

TOTALS = frozenset({"total", "all", "overall"})


@rule(
    Good('queue_jobs{state="waiting"} 1\nqueue_jobs{state="running"} 6\n'),
    Good('queue_jobs{scope="all"} 1\n'),
    Bad(
        'queue_jobs{state="waiting"} 1\nqueue_jobs{state="running"} 6\nqueue_jobs{state="total"} 7\n',
        "`queue_jobs` mixes the value `total` of label `state` with its parts",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#labels",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    for family, labels in labels_of(exposition, value=TOTALS.__contains__):
        if is_info(family):
            continue
        for label, values in labels.items():
            for value in TOTALS.intersection(values) if len(values) > 1 else ():
                yield Finding(
                    f"`{family.exposed_name}` mixes the value `{value}` of label `{label}` with its parts",
                    where_label(family, label, value),
                    f"drop the series with {label}={value!r}, or expose it under another metric name",
                )
