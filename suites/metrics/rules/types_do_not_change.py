"""A metric keeps its type and its unit.

Judged over two scrapes. A gauge that becomes a counter breaks every query, alert and dashboard that uses it. Section
"Exposition Across Time and Metric Evolution" of OpenMetrics 1.0.
"""

from collections.abc import Iterator

from stack.records.scrape.pair import ScrapePair
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import where


@rule(
    Good("# TYPE a_jobs gauge\na_jobs 1\n--- 15 s later\n# TYPE a_jobs gauge\na_jobs 2\n"),
    Bad(
        "# TYPE a_jobs gauge\na_jobs 1\n--- 15 s later\n# TYPE a_jobs counter\na_jobs 2\n",
        "the type of `a_jobs` changed from gauge to counter within 15 s",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#exposition-across-time-and-metric-evolution",
)
def check(pair: ScrapePair) -> Iterator[Finding]:
    for before, after in pair.families():
        if after is None:
            continue
        for what, old, new in (("type", before.type, after.type), ("unit", before.unit, after.unit)):
            if old != new:
                yield Finding(
                    f"the {what} of `{before.exposed_name}` changed from {old or 'none'} to {new or 'none'} "
                    f"within {pair.seconds:g} s",
                    where(after),
                    "give a metric of another type or unit another name; do not define one name twice",
                )
