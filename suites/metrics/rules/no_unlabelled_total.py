"""A metric with labels has no series without any.

A series without labels beside labelled ones is their total, or something else altogether: either way `sum()` over the
metric is wrong.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import labels_of


@rule(
    Good('queue_jobs{state="waiting"} 1\nqueue_jobs{state="running"} 6\n'),
    Good('# TYPE wait_seconds summary\nwait_seconds{quantile="0.5"} 1\nwait_seconds_sum 1\nwait_seconds_count 1\n'),
    Good('queue_jobs{state=""} 1\nqueue_jobs 7\n'),  # `no-empty-labels` reports it
    Bad(
        'queue_jobs{state="waiting"} 1\nqueue_jobs 7\n', "`queue_jobs` has a series without labels beside labelled ones"
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#labels",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    for family, labels in labels_of(exposition, only=lambda family: len(family.samples) > 1):
        carried = max(sum(values.values()) for values in labels.values())
        if carried == len(family.samples):
            continue
        one_of_each = "_count" if family.type in {"histogram", "summary"} else ""
        samples = [sample for sample in family.samples if sample.name.endswith(one_of_each)]
        bare = next((sample for sample in samples if not sample.labels), None)
        if bare is not None and any(value for sample in samples for _, value in sample.labels):
            yield Finding(
                f"`{family.exposed_name}` has a series without labels beside labelled ones",
                Where(series=bare.series, line=bare.line),
                "drop that series and let Prometheus add up the others, or give it another name",
            )
