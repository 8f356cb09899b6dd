"""The body of a scrape is no larger than its service's budget allows.

Each byte is produced, sent, parsed every few seconds by every Prometheus server. The budget is `budgets.body_bytes`
in `service.yaml`, of the uncompressed body.
"""

from collections.abc import Iterator

from stack.records.scrape.budget import BudgetedScrape
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("body_bytes: 100\n---\na_jobs 1\n"),
    Bad("body_bytes: 5\n---\na_jobs 1\n", "the body has 9 bytes, 4 over the budget of 5"),
    level=Level.MUST,
    source="https://prometheus.io/docs/practices/instrumentation/#do-not-overuse-labels",
)
def check(scrape: BudgetedScrape) -> Iterator[Finding]:
    limit, size = scrape.budget.body_bytes, scrape.exposition.size
    if limit is None:
        raise NotApplicable("the service has no budget for the body")
    if size > limit:
        yield Finding(
            f"the body has {size} bytes, {size - limit} over the budget of {limit}",
            hint="expose fewer series, or raise the budget `body_bytes` if that much is intended",
        )
