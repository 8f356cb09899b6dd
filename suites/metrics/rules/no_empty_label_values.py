"""Labels have values.

Prometheus treats a label with an empty value as absent: series that differ in nothing else become one, and a query
for the label does not find them.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.exposition import Exposition
from suites.finding import Finding
from suites.metrics.families import exposed_name, is_info, labels_of, where_label
from suites.rule import Bad, Good, Level, rule


@rule(
    Good('http_requests_total{route="/"} 1\n'),
    Good('node_network_info{duplex=""} 1\n'),
    Bad(
        'http_requests_total{route=""} 1\nhttp_requests_total{route="/"} 1\n',
        "label `route` of `http_requests_total` is empty in 1 of 2 samples",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    """Judge all label values; info metrics may leave facts open."""
    for family, labels in labels_of(exposition):
        for label, values in labels.items():
            if "" in values and not is_info(family):
                count, total = values[""], len(family.samples)
                yield Finding(
                    f"label `{label}` of `{exposed_name(family)}` is empty in {count} of {total} samples",
                    where_label(family, label, ""),
                    f"give it a value that says why there is none, such as {label}=`none`, or leave the label out",
                )
