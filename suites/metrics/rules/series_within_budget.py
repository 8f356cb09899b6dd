"""A scrape has no more series than its service's budget allows.

Every series costs memory in Prometheus for as long as it is exposed. The budget is `budgets.series` in `service.yaml`;
the largest metrics are named, since reducing them saves most.
"""

from collections.abc import Iterator

from stack.records.scrape.budget import BudgetedScrape
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("series: 2\n---\na_jobs 1\nb_jobs 1\n"),
    Bad(
        'series: 2\n---\na_jobs 1\nb_jobs{q="x"} 1\nb_jobs{q="y"} 1\n',
        "the scrape has 3 series, 1 over the budget of 2; most are of `b_jobs` (2), `a_jobs` (1)",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/practices/instrumentation/#do-not-overuse-labels",
)
def check(scrape: BudgetedScrape) -> Iterator[Finding]:
    limit, count = scrape.budget.series, scrape.exposition.series_count
    if limit is None:
        raise NotApplicable("the service has no budget for series")
    if count > limit:
        largest = sorted(scrape.exposition.families, key=lambda family: -len(family.samples))[:3]
        names = ", ".join(f"`{family.exposed_name}` ({len(family.samples)})" for family in largest)
        yield Finding(
            f"the scrape has {count} series, {count - limit} over the budget of {limit}; most are of {names}",
            Where(series=largest[0].exposed_name),
            "drop labels or metrics that nobody queries, or raise the budget `series` if so many are intended",
        )
