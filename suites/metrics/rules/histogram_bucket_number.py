"""A histogram has 2 to 50 finite buckets.

A single finite bucket gives no percentiles; each bucket is a series of its own, for every combination of labels, so
dozens of them cost more than they are worth.
"""

from collections.abc import Iterator

from stack.records.exposition.exposition import Exposition
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.histograms import histograms

FEWEST, MOST = 2, 50


@rule(
    Good(
        '# TYPE a_s histogram\na_s_bucket{le="1"} 1\na_s_bucket{le="2"} 1\na_s_bucket{le="+Inf"} 1\n'
        "a_s_sum 1\na_s_count 1\n"
    ),
    Bad(
        '# TYPE a_s histogram\na_s_bucket{le="1"} 1\na_s_bucket{le="+Inf"} 1\na_s_sum 1\na_s_count 1\n',
        "histogram `a_s` has 1 finite bucket, fewer than 2",
    ),
    Unjudged(
        '# TYPE a_s histogram\na_s_bucket{le="+Inf"} 1\na_s_sum 1\na_s_count 1\n',
        NotApplicable("no histogram has a finite bucket"),
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/histograms/#errors-of-quantile-estimation",
)
def check(exposition: Exposition) -> Iterator[Finding]:
    finite = 0
    for family, series in histograms(exposition):
        for buckets in series:
            count = len(buckets.finite)
            finite += count
            # A native histogram has no finite bucket in the text format.
            if count == 0 or FEWEST <= count <= MOST:
                continue
            problem = f"fewer than {FEWEST}" if count < FEWEST else f"more than {MOST}"
            yield Finding(
                f"histogram `{family.name}` has {count} finite bucket{'s' * (count != 1)}, {problem}",
                Where(series=f"{family.name}_bucket", line=buckets.line),
                "choose about ten bounds around the values that matter, or use a native histogram",
            )
            break
    if not finite:
        raise NotApplicable("no histogram has a finite bucket")
