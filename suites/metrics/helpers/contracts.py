"""Which of the required metrics can be judged."""

from collections.abc import Iterator, Sequence

from stack.records.exposition.exposition import MetricFamily
from stack.records.scrape.contract import MetricContract, RequiredMetric
from suites.core.rule import NotApplicable


def exposed(
    contract: MetricContract, wanted: Sequence[RequiredMetric]
) -> Iterator[tuple[RequiredMetric, MetricFamily]]:
    """Each of these metrics that is exposed, with its family; raises NotApplicable at the end if none has series."""
    series = 0
    for required in wanted:
        family = contract.family(required.name)
        if family is not None:
            series += len(family.samples)
            yield required, family
    if not series:
        raise NotApplicable(f"required metric `{wanted[0].name}` has no series, see `metrics/required-metrics-present`")
