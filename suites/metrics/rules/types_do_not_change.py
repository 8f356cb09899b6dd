"""A metric keeps its type and its unit.

Judged over several scrapes. A gauge that becomes a counter breaks every query, alert and dashboard that uses it.
Section "Exposition Across Time and Metric Evolution" of OpenMetrics 1.0.
"""

from collections.abc import Iterator

from stack.records.scrape.pair import ScrapePair
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import where

HINT = (
    "give a metric of another type or unit another name; do not define one name twice; let instances of different "
    "versions behind one address be scraped each by itself"
)


@rule(
    Good("# TYPE a_jobs gauge\na_jobs 1\n--- 15 s later\n# TYPE a_jobs gauge\na_jobs 2\n"),
    Good(
        "# TYPE a_seconds gauge\na_seconds 1\n# EOF\n--- 15 s later\n"
        "# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds 1\n# EOF\n"
    ),
    Bad(
        "# TYPE a_jobs gauge\na_jobs 1\n--- 15 s later\n# TYPE a_jobs counter\na_jobs 2\n",
        "the type of `a_jobs` changed from gauge to counter within 15 s",
    ),
    Bad(
        "# TYPE a gauge\na 1\n--- 15 s later\n# TYPE a gauge\na 2\n--- at once\n# TYPE a gauge\na 1\n"
        "--- at once\n# TYPE a counter\na 3\n",
        "the type of `a` changed from gauge to counter in scrape 3 of a series",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#exposition-across-time-and-metric-evolution",
)
def check(pair: ScrapePair) -> Iterator[Finding]:
    reported = set[str]()
    for before, after in pair.families():
        if after is None or (before[1] == after[1] and before[3] == after[3]):  # by position: there may be very many
            continue
        for what, old, new in (("type", before.type, after.type), ("unit", before.unit, after.unit)):
            if old != new and (what == "type" or old):  # a unit may be added
                reported.add(before.name)
                yield Finding(
                    f"the {what} of `{before.exposed_name}` changed from {old or 'none'} to {new or 'none'} "
                    f"within {pair.seconds:g} s",
                    where(after),
                    HINT,
                )
    for change in pair.new_types:
        if change.metric not in reported:
            yield Finding(
                f"the type of `{change.metric}` changed from {change.before} to {change.after} {change.where}",
                Where(series=change.metric),
                HINT,
            )
