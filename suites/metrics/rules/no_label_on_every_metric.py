"""No label has the same value on every metric.

A property of the whole process (its version, its region, its name) belongs to the target or into one info metric; on
every series it only makes them longer.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import families_of, is_info, of_library
from suites.metrics.helpers.label_names import is_targets

ENOUGH_FAMILIES = 5


@rule(
    Good('a_jobs{q="x"} 1\nb_jobs{q="y"} 1\nc_jobs{q="x"} 1\nd_jobs{q="x"} 1\ne_jobs{q="x"} 1\n'),
    Bad(
        'a_jobs{app="x"} 1\nb_jobs{app="x"} 1\nc_jobs{app="x"} 1\nd_jobs{app="x"} 1\ne_jobs{app="x"} 1\n',
        "label `app` has the value `x` on every series of all 5 metrics",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#target-labels-not-static-scraped-labels",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    own = [f for f in families_of(exposition) if f.samples and not is_info(f) and not of_library(f)]
    if len(own) < ENOUGH_FAMILIES:
        return
    for label in exposition.label_values[own[0].name]:
        if is_targets(label):
            continue
        everywhere = {tuple(exposition.label_values[f.name].get(label, {"": 0}).items()) for f in own}
        values = {pairs[0][0] for pairs in everywhere if len(pairs) == 1}
        complete = all(sum(exposition.label_values[f.name].get(label, {}).values()) == len(f.samples) for f in own)
        if complete and len(values) == 1 and all(len(pairs) == 1 for pairs in everywhere):
            yield Finding(
                f"label `{label}` has the value `{values.pop()}` on every series of all {len(own)} metrics",
                Where(series=own[0].samples[0].series, line=own[0].samples[0].line),
                f"drop it; set `{label}` in the scrape configuration, or expose it once in an `_info` metric",
            )
