"""Counters, histograms and summaries stay exposed until the process ends.

Judged over two scrapes. A series that comes and goes has no history: `rate()` over the gap is wrong. OpenMetrics 1.0,
"Statelessness": a metric MUST NOT be left out merely because nothing happened. Where its subject is gone, such as a
device or a container, gauges with the same label end at the same time; that is no breach (section "Missing Data").
"""

from collections.abc import Iterator

from stack.records.scrape.pair import ScrapePair
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule
from suites.metrics.helpers.pairs import COUNTER_LIKE, declared, require_comparable, subjects_gone


@rule(
    Good("# TYPE a_total counter\na_total 1\n--- 15 s later\n# TYPE a_total counter\na_total 1\nb 1\n"),
    Good(
        '# TYPE a_total counter\na_total{d="x"} 1\n# TYPE a_up gauge\na_up{d="x"} 1\n--- 15 s later\n'
        "# TYPE a_total counter\n# TYPE a_up gauge\nb 1\n"
    ),
    Bad(
        '# TYPE a_total counter\na_total{q="x"} 1\na_total{q="y"} 1\n--- 15 s later\n'
        '# TYPE a_total counter\na_total{q="y"} 1\n',
        'counter `a_total` lost 1 of 2 series within 15 s, first `a_total{q="x"}`',
    ),
    Bad(
        "# TYPE a counter\na_total 10 1\na_total 11 2\n# EOF\n--- 15 s later\n# TYPE b gauge\nb 4 4\n# EOF\n",
        "counter `a_total` lost 1 of 1 series within 15 s, first `a_total`",
    ),
    Unjudged(
        "# TYPE a_free gauge\na_free 1\n--- 15 s later\nb 1\n",
        NotApplicable("no metric with series is declared a counter, histogram or summary"),
    ),
    Unjudged(
        "# TYPE a_total counter\na_total 9\nprocess_start_time_seconds 100\n--- 15 s later\n"
        "process_start_time_seconds 200\n",
        NotCollected("the process restarted between the two scrapes"),
    ),
    Unjudged(
        "# TYPE a_total counter\na_total 9\na_total 8\n--- 15 s later\nb 1\n",
        NotCollected("each series is exposed twice, see `metrics/duplicate-series`"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#statelessness",
)
def check(pair: ScrapePair) -> Iterator[Finding]:
    judged = declared(pair.before, *COUNTER_LIKE)
    require_comparable(pair, judged, "no metric with series is declared a counter, histogram or summary")
    elsewhere = {*pair.unsteady, *(new.metric for new in pair.new_series)}  # rules of their own report these
    for family in pair.lowered():
        if family.type not in COUNTER_LIKE or family.exposed_name in elsewhere:
            continue
        changes = pair.changes(family)
        lost = [change.before for change in changes if change.after is None]
        lost = [sample for sample in lost if subjects_gone(pair).isdisjoint(sample.labels)]
        if lost:
            yield Finding(
                f"{family.type} `{family.exposed_name}` lost {len(lost)} of {len(changes)} series within "
                f"{pair.seconds:g} s, first `{lost[0].series}`",
                Where(series=lost[0].series, line=lost[0].line),
                "keep each series until the process ends; do not clear or expire metrics, and reset none on a scrape",
            )
