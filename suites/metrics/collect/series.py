"""The series of a service as Prometheus names them: those that it exposes, and those that are stored of it."""

from collections.abc import Iterable, Mapping
from operator import itemgetter

from stack.records.exposition.exposition import Exposition
from stack.records.exposition.model import Sample
from stack.records.scrape.target import BOUNDS, SeriesKey, bound, series_key


def exposed_series(exposition: Exposition, own: frozenset[str]) -> frozenset[SeriesKey]:
    """The series of an exposition; `own` are the labels of the target."""
    pairs = exposition.label_pairs
    as_written = own.isdisjoint(exposition.label_names) and all(map(itemgetter(1), pairs))
    if not as_written:
        return frozenset(exposed_as(sample, own) for sample in _samples(exposition))
    # Hundreds of services have millions of series, so no label is looked at more than once.
    renamed = {pair: (pair[0], bound(pair[1])) for pair in pairs if pair[0] in BOUNDS}
    return frozenset(
        (sample[0], frozenset(map(renamed.get, sample[1], sample[1]) if renamed else sample[1]))
        for sample in _samples(exposition)
    )


def exposed_as(sample: Sample, own: frozenset[str]) -> SeriesKey:
    """A series as Prometheus names it: a label that the target has, too, is renamed until its name is free.

    Source: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config (`honor_labels`)
    """
    labels = {name: value for name, value in sample.labels if value}
    if own.isdisjoint(labels):
        return series_key(sample.name, labels.items())
    for name in sorted(labels.keys() & own, key=len):
        value, renamed = labels.pop(name), name
        while renamed in labels or renamed in own:
            renamed = f"exported_{renamed}"
        labels[renamed] = value
    return series_key(sample.name, labels.items())


def stored_series(found: Iterable[Mapping[str, str]], own: frozenset[str]) -> frozenset[SeriesKey]:
    """The series with these labels, `__name__` among them, without those of the target."""
    keys = []
    for labels in found:
        rest = {**labels}
        name = rest.pop("__name__")
        for label in own:
            rest.pop(label, None)
        for label in BOUNDS:
            if label in rest:
                rest[label] = bound(rest[label])
        keys.append((name, frozenset(rest.items())))
    return frozenset(keys)


def _samples(exposition: Exposition) -> Iterable[Sample]:
    for family in exposition.families:
        created = f"{family.name}_created"
        for sample in family.samples:
            if sample[0] != created:
                yield sample
