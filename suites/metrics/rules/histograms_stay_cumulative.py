"""Histograms and summaries only grow, and their parts move together.

Judged over two scrapes. A bucket or count that falls reads as a restart; a sum that changes while the count does not,
or the other way round, makes every average wrong. Sections "Histogram" and "Summary" of OpenMetrics 1.0.
"""

from collections.abc import Iterator

from stack.records.scrape.pair import ScrapePair, sample_kind
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule
from suites.metrics.helpers.pairs import declared, fallen_in, recreated, require_comparable, sums_apart

TYPE = "# TYPE a_s histogram\n"
JUDGED = ("histogram", "summary")
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
    Unjudged(
        "a_s_sum 1\na_s_count 5\n--- 15 s later\na_s_sum 2\na_s_count 5\n",
        NotApplicable("no metric with series is declared a histogram or summary"),
    ),
    Unjudged(
        f"{TYPE}a_s_count 5\nprocess_start_time_seconds 100\n--- 15 s later\n"
        f"{TYPE}a_s_count 1\nprocess_start_time_seconds 200\n",
        NotCollected("the process restarted between the two scrapes"),
    ),
    Unjudged(
        TYPE + "a_s_count 5\na_s_count 5\n--- 15 s later\n" + TYPE + "a_s_count 1\na_s_count 1\n",
        NotCollected("each series is exposed twice, see `metrics/duplicate-series`"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#histogram",
)
def check(pair: ScrapePair) -> Iterator[Finding]:
    require_comparable(pair, declared(pair.before, *JUDGED), "no metric with series is declared a histogram or summary")
    for family, _ in pair.families():
        if family.type not in JUDGED:
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
