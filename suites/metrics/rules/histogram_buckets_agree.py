"""All series of a histogram have the same buckets.

`histogram_quantile()` over a sum of series with different bounds gives a number that no series supports.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.histograms import histograms


@rule(
    Good(
        '# TYPE a_s histogram\na_s_bucket{q="x",le="1"} 1\na_s_bucket{q="x",le="+Inf"} 1\n'
        'a_s_bucket{q="y",le="1"} 1\na_s_bucket{q="y",le="+Inf"} 1\n'
    ),
    Bad(
        '# TYPE a_s histogram\na_s_bucket{q="x",le="1"} 1\na_s_bucket{q="x",le="+Inf"} 1\n'
        'a_s_bucket{q="y",le="2"} 1\na_s_bucket{q="y",le="+Inf"} 1\n',
        "1 of 2 series of histogram `a_s` has other buckets than the first: 2 instead of 1",
    ),
    Unjudged(
        '# TYPE a_s histogram\na_s_bucket{le="1"} 1\na_s_bucket{le="+Inf"} 1\n',
        NotApplicable("no histogram has several series"),
    ),
    Unjudged(
        '# TYPE h histogram\nh_bucket{bound="1.0"} 1\nh_sum 3\nh_count 2\n',
        NotApplicable("no histogram has several series"),
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#exposition-across-time-and-metric-evolution",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    several = False
    for family, series in histograms(exposition):
        several = several or len(series) > 1
        first = series[0].counts.keys() if series else set()
        other = [buckets for buckets in series if buckets.counts.keys() != first]
        if other:
            here, there = (", ".join(f"{b:g}" for b in one.finite) or "none" for one in (other[0], series[0]))
            verb = "has" if len(other) == 1 else "have"
            yield Finding(
                f"{len(other)} of {len(series)} series of histogram `{family.name}` {verb} other buckets "
                f"than the first: {here} instead of {there}",
                Where(series=f"{family.name}_bucket", line=other[0].line),
                "define the bounds once, for the metric, and not per label value",
            )
    if not several:
        raise NotApplicable("no histogram has several series")
