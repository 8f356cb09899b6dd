"""No two series differ only in an empty label.

An empty label is the same as none: Prometheus reads the two as one series, keeps one of the samples and drops the
other with nothing but a warning in its own log. An empty label is fine otherwise, since client libraries require every
label.
"""

from collections.abc import Iterator
from operator import not_

from stack.records.exposition.exposition import Exposition
from stack.records.exposition.model import Sample
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import labels_of


@rule(
    Good('http_requests_total{route=""} 1\nhttp_requests_total{route="/"} 1\n'),
    Good('a{b="",c="1"} 1\na{b="1",c=""} 1\n'),
    Bad(
        'a{b="1"} 1\na{b="1",c=""} 2\n',
        'series `a{b="1",c=""}` is the same to Prometheus as the one at line 1',
    ),
    Bad(
        "".join(f'a{{b="{b}"}} 1\na{{b="{b}",c=""}} 2\n' for b in "xy"),
        'series `a{b="x",c=""}` is the same to Prometheus as the one at line 1, and 1 more of its metric',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    for family, labels in labels_of(exposition, value=not_):
        if not any("" in values for values in labels.values()):
            continue
        seen: dict[tuple[object, ...], Sample] = {}
        same = []
        for sample in family.samples:
            full = frozenset(pair for pair in sample.labels if pair[1])
            first = seen.setdefault((sample.name, full, sample.timestamp), sample)
            if set(first.labels) != set(sample.labels):
                same.append((sample, first.line))
        if same:
            sample, line = same[0]
            more = f", and {len(same) - 1} more of its metric" if len(same) > 1 else ""
            yield Finding(
                f"series `{sample.series}` is the same to Prometheus as the one at line {line}{more}",
                Where(series=sample.series, line=sample.line),
                "give the label a value that distinguishes the two, or drop one of them",
            )
