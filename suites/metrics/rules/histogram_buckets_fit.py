"""The buckets of a histogram fit what is observed.

When all observations are above the last bound or below the first one, every percentile comes out as that bound and the
histogram is useless. Judged from 100 observations on.
"""

import math
from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.histograms import Buckets, histograms

ENOUGH = 100


@rule(
    Good('# TYPE a_s histogram\na_s_bucket{le="1"} 90\na_s_bucket{le="2"} 180\na_s_bucket{le="+Inf"} 200\n'),
    Bad(
        '# TYPE a_s histogram\na_s_bucket{le="1"} 0\na_s_bucket{le="2"} 0\na_s_bucket{le="+Inf"} 200\n',
        "all 200 observations of histogram `a_s` are above its last bound, 2",
    ),
    Bad(
        '# TYPE a_s histogram\na_s_bucket{le="1"} 200\na_s_bucket{le="2"} 200\na_s_bucket{le="+Inf"} 200\n',
        "all 200 observations of histogram `a_s` are below its first bound, 1",
    ),
    Unjudged(
        '# TYPE a_s histogram\na_s_bucket{le="1"} 0\na_s_bucket{le="2"} 0\na_s_bucket{le="+Inf"} 3\n',
        NotApplicable("no histogram with two finite bounds has 100 observations"),
    ),
    Unjudged(
        '# TYPE a_s histogram\na_s_bucket{le="1"} 0\na_s_bucket{le="+Inf"} 300\n',
        NotApplicable("no histogram with two finite bounds has 100 observations"),
    ),
    Unjudged("a_s 1\n", NotApplicable("no histogram with two finite bounds has 100 observations")),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/histograms/#errors-of-quantile-estimation",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    judged = 0
    for family, series in histograms(exposition):
        finite = series[0].finite if series else []
        total = _sum(series, math.inf)
        if len(finite) < 2 or total < ENOUGH:
            continue
        judged += 1
        for beyond, bound, side in (
            (_sum(series, finite[-1]) == 0, finite[-1], "above its last"),
            (_sum(series, finite[0]) == total, finite[0], "below its first"),
        ):
            if beyond:
                yield Finding(
                    f"all {total:g} observations of histogram `{family.name}` are {side} bound, {bound:g}",
                    Where(series=f"{family.name}_bucket", line=series[0].line),
                    "choose bounds around the values that occur; check that the unit is the one in the name",
                )
    if not judged:
        raise NotApplicable(f"no histogram with two finite bounds has {ENOUGH} observations")


def _sum(series: list[Buckets], bound: float) -> float:
    return sum(buckets.counts.get(bound, 0.0) for buckets in series)
