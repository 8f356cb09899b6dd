"""Required metrics have the declared labels on every series.

A query that groups by a label puts all series without it into one nameless group.
"""

from collections.abc import Iterator

from stack.records.scrape.contract import MetricContract
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.metrics.helpers.contracts import exposed
from suites.metrics.helpers.families import where

CONTRACT = "required: [{name: a_jobs, labels: [q]}]\n---\n"


@rule(
    Good(CONTRACT + 'a_jobs{q="x"} 1\n'),
    Bad(CONTRACT + "a_jobs 1\n", "required metric `a_jobs` has no label `q`"),
    Bad(
        CONTRACT + 'a_jobs{q="x"} 1\na_jobs{r="x"} 1\n',
        'required metric `a_jobs` lacks label `q` on 1 of 2 series, first `a_jobs{r="x"}`',
    ),
    Unjudged(
        CONTRACT + "b_jobs 1\n",
        NotApplicable("required metric `a_jobs` has no series, see `metrics/required-metrics-present`"),
    ),
    Unjudged(
        CONTRACT + "# TYPE a_jobs gauge\nb_jobs 1\n",
        NotApplicable("required metric `a_jobs` has no series, see `metrics/required-metrics-present`"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/practices/naming/#labels",
)
def check(contract: MetricContract) -> Iterator[Finding]:
    labelled = [required for required in contract.contract.required if required.labels]
    if not labelled:
        raise NotApplicable("the service declares no labels")
    for required, family in exposed(contract, labelled):
        for label in required.labels:
            carried = sum(contract.exposition.label_values[family.name].get(label, {}).values())
            if carried == len(family.samples):
                continue
            lack, place = "has no label", where(family)
            if carried:
                bare = next(s for s in family.samples if label not in dict(s.labels))
                place = Where(series=bare.series, line=bare.line)
                lack = "lacks label"
            amount = f" on {len(family.samples) - carried} of {len(family.samples)} series, first `{place.series}`"
            yield Finding(
                f"required metric `{required.name}` {lack} `{label}`{amount if carried else ''}",
                place,
                f"give every series of it a value for `{label}`",
            )
