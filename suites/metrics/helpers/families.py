"""Questions that several metrics rules ask about a metric family: whose it is, where it is, which labels it has."""

import re
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import cast

from stack.records.exposition.exposition import Exposition, MetricFamily
from stack.records.exposition.model import Format, Labels
from suites.core.finding import Where
from suites.core.rule import NotApplicable

PROCESS = (
    r"process_(?:cpu|(?:open|max)_(?:fds|handles)|(?:virtual|resident|private)_memory|heap|start_time|threads?|num_\w+|"
    r"network|uptime|files_(?:open|max)|io|(?:major|minor)_pagefaults|pressure|cgroup|memory|working_set|disk|paging|"
    r"context_switches|unix_file|open_file|runtime)(?:_|$)"
)
"""What libraries expose of the process: Prometheus' own, Micrometer, OpenTelemetry, VictoriaMetrics, MicroProfile."""
LIBRARY = re.compile(
    rf"{PROCESS}|(?:go|python|promhttp|jvm|dotnet|aspnetcore|ruby|erlang_vm)_|"
    r"(?:\w+_)?nodejs_(?:active|eventloop|heap|external|gc|version)_|"  # Node's library can put a prefix before them
    r"(?:system_(?:cpu|load)|tomcat|hikaricp|logback|executor|http_(?:server|client)_requests_seconds)_"  # Micrometer
)
"""Names that client libraries and frameworks give to what they expose by themselves."""
SETTING = re.compile(
    r"_(?:settings?|config(?:uration)?|variables?|thresholds?)(?:_|$)|_(?:max|min)_\w*age$|_checkpoint_age$"
)
"""Names of what was configured, and of a distance in a database's log."""
MANY = 64
"""A series with more labels is not searched again and again."""
_LAST: dict[str, object] = {}
COUNTED = ("counter", "histogram", "summary")
"""The types whose series have a creation time."""


def of_library(family: MetricFamily) -> bool:
    """The client library named the metric, so the service cannot change its name."""
    return LIBRARY.match(family.name) is not None


def is_setting(family: MetricFamily) -> bool:
    """The value was configured and not measured: a setting called `max_age` is a duration, not the age of something."""
    return SETTING.search(family.name) is not None


def is_info(family: MetricFamily) -> bool:
    """The family carries facts in its labels (`build_info`), which may have values that are fine nowhere else."""
    return family.type == "info" or family.name.endswith("_info")


def federated(family: MetricFamily) -> bool:
    """The samples were collected elsewhere: they have the labels of their targets and times, as from `/federate`."""
    first = family.samples[0] if family.samples else None
    return first is not None and first.timestamp is not None and {"job", "instance"} <= dict(first.labels).keys()


def untyped(family: MetricFamily) -> bool:
    """The family declares no type: then its name is not compared with one, as in promlint."""
    return family.type == "unknown"


def where(family: MetricFamily) -> Where:
    """The first line of the family."""
    lines = (family.line, family.type_line, family.help_line)
    line = min((line for line in lines if line), default=0) or (family.samples[0].line if family.samples else None)
    return Where(series=family.exposed_name, line=line)


def where_label(family: MetricFamily, label: str, value: str | None = None) -> Where:
    """The first series of the family that carries the label, or the label with this value."""
    for sample in family.samples:
        carried = _by_name(sample.labels).get(label) if len(sample.labels) > MANY else dict(sample.labels).get(label)
        if carried is not None and value in (None, carried):
            return Where(series=sample.series, line=sample.line)
    return where(family)


def _by_name(labels: Labels) -> Mapping[str, str]:
    """The values by label name; kept for the last series, which is asked for again where each label is a finding."""
    if _LAST.get("labels") is not labels:
        _LAST.update(labels=labels, by_name=dict(labels))
    return cast("Mapping[str, str]", _LAST["by_name"])


def families_of(exposition: Exposition) -> tuple[MetricFamily, ...]:
    """The families to judge, see `judged`; raises NotApplicable where there are none."""
    if not exposition.families:
        raise NotApplicable("the exposition has no metrics")
    return judged(exposition)


def judged(exposition: Exposition) -> tuple[MetricFamily, ...]:
    """All families but the creation times that belong to another one.

    Where OpenMetrics has the sample `a_created` within the family, client libraries expose a gauge of that name in
    the text format, for series of the metric. What is wrong with its name and labels is reported for the metric.
    """
    if exposition.format is not Format.TEXT:
        return exposition.families
    if "judged" not in exposition.cache:
        families, gone = exposition.families, set[str]()
        if created := [family for family in families if family[0].endswith("_created") and family.type == "gauge"]:
            wholes = {family.name.removesuffix("_total"): family for family in families if family.type in COUNTED}
            found = ((family, wholes.get(family.name.removesuffix("_created"))) for family in created)
            gone = {family.name for family, whole in found if whole is not None and _series_of(whole, family)}
        exposition.cache["judged"] = tuple([f for f in families if f[0] not in gone]) if gone else families
    return cast("tuple[MetricFamily, ...]", exposition.cache["judged"])


def _series_of(whole: MetricFamily, created: MetricFamily) -> bool:
    """Whether the creation times are those of a metric's series: under labels that it has, too."""
    one = "" if whole.type == "counter" else f"{whole.name}_count"
    own = [sample[1] for sample in whole.samples if one in ("", sample[0])]
    times = [sample[1] for sample in created.samples]
    return own == times or set(map(frozenset, times)) <= set(map(frozenset, own))


def labels_of(
    exposition: Exposition,
    label: Callable[[str], object] | None = None,
    value: Callable[[str], object] | None = None,
    only: Callable[[MetricFamily], object] | None = None,
) -> Iterator[tuple[MetricFamily, Mapping[str, Mapping[str, int]]]]:
    """Each family that has labels, with the distinct values per label name and how many samples carry each.

    `le` of histograms and `quantile` of summaries are the format's, not the service's, and are left out. There are no
    families where no label of the exposition is one to look at, by its name (`label`) or by a `value` of it; `only`
    chooses among the families.
    """
    families = families_of(exposition)
    if label is not None and not any(map(label, exposition.label_names)):
        return
    if value is not None and not any(map(value, map(itemgetter(1), exposition.label_pairs))):
        return
    for family in filter(only, families) if only is not None else families:
        labels = exposition.label_values[family.name]
        formats_own = {"histogram": "le", "gaugehistogram": "le", "summary": "quantile"}.get(family.type)
        if formats_own in labels:
            labels = {name: values for name, values in labels.items() if name != formats_own}
        if labels:
            yield family, labels


def names_a_thing(exposition: Exposition, family: MetricFamily, label: str) -> bool:
    """Several metrics have the label with these few values, and one is a gauge: it names a disk, a peer, a table.

    Ids of requests and users are not on gauges, which are about what exists.
    """
    values = exposition.label_values[family.name][label].keys()
    if len(values) > MANY:
        return False
    alike = [f for f in families_of(exposition) if exposition.label_values[f.name].get(label, {}).keys() >= values]
    return len(alike) > 2 and any(other.type == "gauge" for other in alike)


def users_of_labels(exposition: Exposition, wanted: Callable[[str], object]) -> dict[str, list[MetricFamily]]:
    """Each label name that is `wanted`, with the families that have it, in exposed order."""
    users: dict[str, list[MetricFamily]] = {}
    families = families_of(exposition)
    if not any(map(wanted, exposition.label_names)):
        return users
    for family in families:
        for label in filter(wanted, exposition.label_values[family.name]):
            users.setdefault(label, []).append(family)
    return users
