"""A scrape takes no longer than its service's budget allows.

A slow metrics endpoint takes time from the service's own work, every few seconds. The budget is
`budgets.scrape_seconds` in `service.yaml`, without one the specification's rule of thumb, one second. Where more
processes want to run than there are cores, the time is divided by so many, as a machine with a free core would take.
"""

from collections.abc import Iterator

from stack.records.scrape.budget import USUAL, BudgetedScrape
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("scrape_seconds: 1\ntook_seconds: 0.2\n---\na_jobs 1\n"),
    Bad("scrape_seconds: 1\ntook_seconds: 1.5\n---\na_jobs 1\n", "the scrape took 1.50 s, over the budget of 1 s"),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#exposition-performance",
)
def check(scrape: BudgetedScrape) -> Iterator[Finding]:
    limit = scrape.budget.scrape_seconds or USUAL.scrape_seconds
    if limit and scrape.took_seconds > limit:
        yield Finding(
            f"the scrape took {scrape.took_seconds:.2f} s, over the budget of {limit:g} s",
            hint="do not compute or fetch during a scrape what can be kept up to date in the background",
        )
