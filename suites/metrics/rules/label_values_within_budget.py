"""No label has more values than its service's budget allows.

The number of series of a metric is the product of the numbers of values of its labels. The budget is
`budgets.label_values` in `service.yaml`.
"""

from collections.abc import Iterator

from stack.records.scrape.budget import BudgetedScrape
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.metrics.helpers.families import labels_of, where_label


@rule(
    Good('label_values: 2\n---\njobs{queue="a"} 1\njobs{queue="b"} 1\n'),
    Good('label_values: 2\n---\njobs{queue="a",queue="b",queue="c"} 1\n'),  # `label-names-unique` reports it
    Bad(
        'label_values: 2\n---\njobs{queue="a"} 1\njobs{queue="b"} 1\njobs{queue="c"} 1\n',
        "label `queue` of `jobs` has 3 values, 1 over the budget of 2",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/practices/instrumentation/#do-not-overuse-labels",
)
def check(scrape: BudgetedScrape) -> Iterator[Finding]:
    limit = scrape.budget.label_values
    if limit is None:
        raise NotApplicable("the service has no budget for label values")
    for family, labels in labels_of(scrape.exposition, only=lambda family: len(family.samples) > limit):
        for label, values in labels.items():
            if len(values) > limit:
                yield Finding(
                    f"label `{label}` of `{family.exposed_name}` has {len(values)} values, "
                    f"{len(values) - limit} over the budget of {limit}",
                    where_label(family, label),
                    f"reduce `{label}` to a few known values, or raise the budget `label_values` if so many are meant",
                )
