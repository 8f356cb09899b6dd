"""Histograms and summaries only grow, and their parts move together.

Judged over two scrapes. A bucket or count that falls reads as a restart; a sum that changes while the count does not,
or the other way round, makes every average wrong. Sections "Histogram" and "Summary" of OpenMetrics 1.0.
"""

from collections.abc import Iterator

from stack.records.scrape.pair import ScrapePair, sample_kind
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.pairs import fallen_in, recreated, sums_apart

TYPE = "# TYPE a_s histogram\n"
GROWING = ("_bucket", "_count")


@rule(
    Good(TYPE + "a_s_sum 1\na_s_count 1\n--- 15 s later\n" + TYPE + "a_s_sum 3\na_s_count 2\n"),
    Bad(
        TYPE
        + 'a_s_bucket{le="+Inf"} 5\na_s_sum 1\na_s_count 5\n--- 15 s later\n'
        + TYPE
        + 'a_s_bucket{le="+Inf"} 4\na_s_sum 1\na_s_count 5\n',
        'histogram `a_s` fell: `a_s_bucket{le="+Inf"}` from 5 to 4 within 15 s without a restart',
    ),
    Bad(
        TYPE + "a_s_sum 1\na_s_count 5\n--- 15 s later\n" + TYPE + "a_s_sum 2\na_s_count 5\n",
        "the sum of histogram `a_s` went from 1 to 2 while its count stayed at 5",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#histogram",
)
def check(pair: ScrapePair) -> Iterator[Finding]:
    for family, _ in pair.families():
        if family.type not in ("histogram", "summary") or pair.restarted:
            continue
        for before, after in fallen_in(pair, family):
            if after and sample_kind(family, before) in GROWING and not recreated(pair, family, before.labels):
                yield Finding(
                    f"{family.type} `{family.name}` fell: `{before.series}` from {before.value:g} to {after.value:g} "
                    f"within {pair.seconds:g} s without a restart",
                    Where(series=before.series, line=after.line),
                    "expose cumulative counts since the start of the process, not those since the last scrape",
                )
                break
        for (before, after), count in sums_apart(pair, family)[:1]:
            now = after.value if after else 0.0
            yield Finding(
                f"the sum of {family.type} `{family.name}` went from {before.value:g} to {now:g} "
                f"while its count stayed at {count:g}",
                Where(series=before.series, line=after.line if after else None),
                "update sum and count of an observation in one step, under one lock",
            )
