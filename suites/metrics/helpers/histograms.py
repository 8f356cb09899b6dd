"""Classic histograms series by series: bucket bounds and counts, grouped once for the rules on them."""

import math
from collections.abc import Iterator
from typing import NamedTuple, cast

from stack.records.exposition.exposition import Exposition, MetricFamily
from stack.records.exposition.model import Labels
from suites.metrics.helpers.families import families_of


class Buckets(NamedTuple):
    """One histogram series: its own labels, cumulative counts by upper bound, and the line of its first bucket."""

    labels: Labels
    counts: dict[float, float]
    line: int

    @property
    def finite(self) -> list[float]:
        """The finite upper bounds, ascending."""
        return sorted(bound for bound in self.counts if bound != math.inf)


def has_bounds(exposition: Exposition) -> bool:
    """Whether some histogram has a bucket with the label `le`."""
    return any(
        pair[0] == "le"
        for family in exposition.families
        if family[1] in ("histogram", "gaugehistogram")
        for sample in family[4]
        for pair in sample[1]
    )


def histograms(exposition: Exposition) -> Iterator[tuple[MetricFamily, list[Buckets]]]:
    """Each histogram family with its series; grouped once per exposition."""
    for family in families_of(exposition):
        if family.type != "histogram":
            continue
        key = f"buckets of {family.name}"
        if key not in exposition.cache:
            exposition.cache[key] = _group(family)
        yield family, cast("list[Buckets]", exposition.cache[key])


def _group(family: MetricFamily) -> list[Buckets]:
    found: dict[Labels, Buckets] = {}
    name = family.name + "_bucket"
    for sample in family.samples:
        if sample.name != name:
            continue
        labels = sample.labels
        if labels and labels[-1][0] == "le":  # where client libraries put it
            own, bound = labels[:-1], labels[-1][1]
        else:
            own = tuple(pair for pair in labels if pair[0] != "le")
            bound = dict(labels).get("le", "")
        if not bound:
            continue  # `histogram-samples` reports it
        series = found.get(own)
        if series is None:
            own = tuple(pair for pair in own if pair[0] != "le")  # `label-names-unique` reports a second one
            series = found[own] = Buckets(own, {}, sample.line)
        try:
            series.counts[float(bound)] = sample.value
        except ValueError:
            continue  # `le-number` reports it
    return list(found.values())
