"""Counters never fall, except when the process restarts.

Judged over two scrapes. Prometheus takes every fall for a restart and counts the whole new value as an increase: a
counter that goes down makes rates jump up. Section "Counter" of OpenMetrics 1.0.
"""

from collections.abc import Iterator

from stack.records.scrape.pair import ScrapePair, sample_kind
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.pairs import fallen_in, recreated


@rule(
    Good("# TYPE a_total counter\na_total 10\n--- 15 s later\n# TYPE a_total counter\na_total 10\n"),
    Good(
        "# TYPE a_total counter\na_total 10\nprocess_start_time_seconds 100\n--- 15 s later\n"
        "# TYPE a_total counter\na_total 0\nprocess_start_time_seconds 200\n"
    ),
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
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#counter",
)
def check(pair: ScrapePair) -> Iterator[Finding]:
    if pair.restarted:
        return
    for family, _ in pair.families():
        if family.type != "counter":
            continue
        fallen = [
            change
            for change in fallen_in(pair, family)
            if sample_kind(family, change.before) == "_total" and not recreated(pair, family, change.before.labels)
        ]
        if fallen:
            before, after = fallen[0]
            more = f", and {len(fallen) - 1} more of its series" if len(fallen) > 1 else ""
            yield Finding(
                f"counter `{before.series}` fell from {before.value:g} to {after.value if after else 0:g} "
                f"within {pair.seconds:g} s without a restart{more}",
                Where(series=before.series, line=after.line if after else None),
                "make it a gauge if it can go down; with several worker processes add up their counters first",
            )
