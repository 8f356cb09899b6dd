"""No label has the same value on every metric.

A property of the whole process (its version, its region, its name) belongs to the target or into one info metric; on
every series it only makes them longer. Where one of these labels names a device, they may all describe that one device,
and are not judged.
"""

import re
from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.families import families_of, is_info, of_library
from suites.metrics.helpers.label_names import is_targets

ENOUGH_FAMILIES = 5
DEVICE = re.compile(
    r"(?:^|_)(?:gpu|uuid|guid|serial|device|disk|drive|volume|sensor|chip|interface|nic|segment|slot|bus|pci_bus_id|probe|"
    r"vm|server|backend|upstream|listener|handler|queue|topic|pool|table|database|db)$",
    re.IGNORECASE,
)
"""Labels that name one of several things that a service may be about, even where there is only one at the moment."""


@rule(
    Good('a_jobs{q="x"} 1\nb_jobs{q="y"} 1\nc_jobs{q="x"} 1\nd_jobs{q="x"} 1\ne_jobs{q="x"} 1\n'),
    Bad(
        'a_jobs{app="x"} 1\nb_jobs{app="x"} 1\nc_jobs{app="x"} 1\nd_jobs{app="x"} 1\ne_jobs{app="x"} 1\n',
        "label `app` has the value `x` on every series of all 5 metrics",
    ),
    Unjudged(
        "".join(f'gpu_{name}{{gpu="0",model="A100",uuid="GPU-7f1c"}} 1\n' for name in "abcde"),
        NotApplicable("all metrics may be about the one thing that label `gpu` names"),
    ),
    Unjudged('a_jobs{app="x"} 1\n', NotApplicable("the service has fewer than 5 metrics of its own")),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#target-labels-not-static-scraped-labels",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    own = [f for f in families_of(exposition) if f[4] and not is_info(f) and not of_library(f)]
    if len(own) < ENOUGH_FAMILIES:
        raise NotApplicable(f"the service has fewer than {ENOUGH_FAMILIES} metrics of its own")
    first = own[0].samples[0].labels
    shared, last = set(first), first
    every = [sample[1] for family in own for sample in family[4]]  # by position: there may be very many
    for labels in every:
        if labels is not last:
            shared.intersection_update(labels)
            last = labels
            if not shared:
                return
    if "duplicate_label_name" in exposition.faults:
        names = [[name for name, _ in labels] for labels in every]
        shared = {pair for pair in shared if all(each.count(pair[0]) == 1 for each in names)}
    constant = {label: value for label, value in first if (label, value) in shared}
    if device := next(filter(DEVICE.search, constant), ""):
        raise NotApplicable(f"all metrics may be about the one thing that label `{device}` names")
    for label, value in constant.items():
        if not is_targets(label):
            yield Finding(
                f"label `{label}` has the value `{value}` on every series of all {len(own)} metrics",
                Where(series=own[0].samples[0].series, line=own[0].samples[0].line),
                f"drop it; set `{label}` in the scrape configuration, or expose it once in an `_info` metric",
            )
