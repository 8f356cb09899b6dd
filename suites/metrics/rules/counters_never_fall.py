"""Counters never fall, except when the process restarts.

Judged over all scrapes of the run, and what Prometheus stored meanwhile. It takes every fall for a restart and counts
the whole new value as an increase: a counter that goes down makes rates jump up. Section "Counter" of OpenMetrics 1.0.
"""

from collections.abc import Iterator

from stack.records.scrape.pair import ScrapePair, sample_kind
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule
from suites.metrics.helpers.pairs import declared, fallen_in, recreated, require_comparable

HINT = (
    "make it a gauge if it can go down; where several processes or instances answer at one address, add up their "
    "counters first, or let each be scraped at an address of its own"
)
RESTARTED = (
    "# TYPE a_total counter\na_total 10\nprocess_start_time_seconds 100\n--- 15 s later\n"
    "# TYPE a_total counter\na_total 0\nprocess_start_time_seconds 200\n"
)


@rule(
    Good("# TYPE a_total counter\na_total 10\n--- 15 s later\n# TYPE a_total counter\na_total 10\n"),
    Good(
        "# TYPE a counter\na_total 10\na_created 100\n# EOF\n--- 15 s later\n"
        "# TYPE a counter\na_total 0\na_created 200\n# EOF\n"
    ),
    Bad(
        "# TYPE a_total counter\na_total 10\n--- 15 s later\n# TYPE a_total counter\na_total 3\n",
        "counter `a_total` fell from 10 to 3 within 15 s without a restart",
    ),
    Bad(
        '# TYPE a_total counter\na_total{q="x"} 10\na_total{q="y"} 5\n--- 15 s later\n'
        '# TYPE a_total counter\na_total{q="x"} 3\na_total{q="y"} 4\n',
        'counter `a_total{q="x"}` fell from 10 to 3 within 15 s without a restart, and 1 more of its series',
    ),
    Bad(
        "# TYPE a counter\na_total 10 1\na_total 11 2\n# EOF\n--- 15 s later\n"
        "# TYPE a counter\na_total 3 3\na_total 4 4\n# EOF\n",
        "counter `a_total` fell from 11 to 4 within 15 s without a restart",
    ),
    Bad(
        "# TYPE a_total counter\na_total 1\n--- 15 s later\n# TYPE a_total counter\na_total 10\n"
        "--- at once\na_total 12\n--- at once\na_total 3\n",
        "counter `a_total` fell from 12 to 3 in scrape 3 of a series without a restart",
    ),
    Bad(
        RESTARTED + "--- at once\na_total 0\nprocess_start_time_seconds 200\n"
        "--- at once\na_total -1\nprocess_start_time_seconds 200\n",
        "counter `a_total` fell from 0 to -1 in scrape 3 of a series without a restart",
    ),
    Unjudged(RESTARTED, NotCollected("the process restarted between the two scrapes")),
    Unjudged("a_total 10\n--- 15 s later\na_total 3\n", NotApplicable("no metric with series is declared a counter")),
    Unjudged(
        "# TYPE a_total counter\na_total 9\na_total 8\n--- 15 s later\n# TYPE a_total counter\na_total 3\na_total 2\n",
        NotCollected("each series is exposed twice, see `metrics/duplicate-series`"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#counter",
)
def check(pair: ScrapePair) -> Iterator[Finding]:
    reported = set[str]()
    for family in () if pair.restarted else pair.lowered():
        if family.type != "counter":
            continue
        fallen = [
            change
            for change in fallen_in(pair, family)
            if sample_kind(family, change.before) == "_total" and not recreated(pair, family, change.before.labels)
        ]
        if fallen:
            before, after = fallen[0]
            reported.add(before.name)
            more = f", and {len(fallen) - 1} more of its series" if len(fallen) > 1 else ""
            yield Finding(
                f"counter `{before.series}` fell from {before.value:g} to {after.value if after else 0:g} "
                f"within {pair.seconds:g} s without a restart{more}",
                Where(series=before.series, line=after.line if after else None),
                HINT,
            )
    for fall in pair.falls:
        name = fall.series.partition("{")[0]
        if name not in reported:
            reported.add(name)
            values = f"from {fall.before:g} to {fall.after:g} " if fall.before > fall.after else ""
            yield Finding(
                f"counter `{fall.series}` fell {values}{fall.where} without a restart", Where(series=fall.series), HINT
            )
    counters = declared(pair.before, "counter")
    if not reported and (counters or not (pair.repeated and declared(pair.after, "counter"))):
        require_comparable(pair, counters, "no metric with series is declared a counter")
