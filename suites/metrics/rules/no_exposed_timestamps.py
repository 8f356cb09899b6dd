"""Samples carry no timestamps.

Prometheus gives each sample the time of the scrape. A timestamp of the service's own switches off staleness: a series
that ends lingers for five minutes, and a late one is refused as out of order.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import families_of, federated


@rule(
    Good("http_requests_total 1\n"),
    Good('http_requests_total{job="a",instance="b:1"} 1 1700000000000\n'),
    Bad(
        "http_requests_total 1 1700000000000\nup 1\n", "1 of 2 samples carries a timestamp, first `http_requests_total`"
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#scheduling",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    own = (family for family in families_of(exposition) if not federated(family))
    stamped = [sample for family in own for sample in family.samples if sample[3] is not None]
    if stamped:
        total = sum(len(family.samples) for family in exposition.families)
        verb = "carries" if len(stamped) == 1 else "carry"
        yield Finding(
            f"{len(stamped)} of {total} samples {verb} a timestamp, first `{stamped[0].series}`",
            Where(series=stamped[0].series, line=stamped[0].line),
            "expose the samples without timestamps; for batch results use the Pushgateway",
        )
