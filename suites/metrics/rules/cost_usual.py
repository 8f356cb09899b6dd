"""Without a budget, a scrape costs no more than usual: 10,000 series, 10 MiB, 1,000 values of a label.

Every series costs memory in Prometheus, every byte is sent and parsed every few seconds. A service that needs more
declares so in `budgets` of its `service.yaml`, or with `--budget` beside `--service-url`, and breaks a MUST above that.
"""

from collections.abc import Iterator

from stack.records.scrape.budget import USUAL, BudgetedScrape
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.metrics.helpers.families import labels_of, where_label


@rule(
    Good("---\na_jobs 1\n"),
    Good("series: 20000\nlabel_values: 2000\n---\n" + "".join(f'a_jobs{{q="{i}"}} 1\n' for i in range(1001))),
    Bad(
        "series: 20000\n---\n" + "".join(f'a_jobs{{q="{i}"}} 1\n' for i in range(1001)),
        "label `q` of `a_jobs` has 1,001 values, and no budget is declared; 1,000 are usual",
    ),
    Bad(
        "---\n" + "".join(f"a_jobs_{i} 1\n" for i in range(10_001)),
        "the scrape has 10,001 series, and no budget is declared; 10,000 are usual",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/instrumentation/#do-not-overuse-labels",
)
def check(scrape: BudgetedScrape) -> Iterator[Finding]:
    budget, exposition = scrape.budget, scrape.exposition
    if None not in (budget.series, budget.body_bytes, budget.label_values):
        raise NotApplicable("the service has a budget of its own")
    for key, own, count, what in (
        ("series", budget.series, exposition.series_count, "the scrape has {} series"),
        ("body_bytes", budget.body_bytes, exposition.size, "the body has {} bytes"),
    ):
        if own is None and count > (usual := getattr(USUAL, key)):
            yield _finding(what.format(f"{count:,}"), usual, key, Where())
    most = USUAL.label_values
    if budget.label_values is not None or most is None or not exposition.families:
        return
    for family, labels in labels_of(exposition, only=lambda family: len(family.samples) > most):
        for label, values in labels.items():
            if len(values) > most:
                what = f"label `{label}` of `{family.exposed_name}` has {len(values):,} values"
                yield _finding(what, most, "label_values", where_label(family, label))


def _finding(what: str, usual: int, key: str, place: Where) -> Finding:
    return Finding(
        f"{what}, and no budget is declared; {usual:,} are usual",
        place,
        f"drop labels or metrics that nobody queries, or declare what is intended: `budgets.{key}` in `service.yaml`, "
        f"`--budget {key}=…` beside `--service-url`",
    )
