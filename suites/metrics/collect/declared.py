"""What a service declared about its metrics, as the records that rules judge it by."""

from fixtures.service import Service
from stack.records.scrape.budget import DEFAULT, Budget
from stack.records.scrape.contract import Contract, ExpectedMove, RequiredMetric


def contract_of(service: Service) -> Contract:
    """The metrics that the service promises, and the counters that its traffic moves."""
    required = tuple(
        RequiredMetric(metric.name, metric.type, metric.unit, metric.labels, metric.where)
        for metric in service.metrics.required
    )
    moves = tuple(ExpectedMove(move.name, move.labels, move.by) for move in service.moves())
    return Contract(required, moves, request_kinds=len(service.traffic))


def budget_of(service: Service) -> Budget:
    """The limits of the service; `DEFAULT` gives those that it did not declare."""
    own = service.budgets
    return Budget(
        series=DEFAULT.series if own.series is None else own.series,
        body_bytes=DEFAULT.body_bytes if own.body_bytes is None else own.body_bytes,
        scrape_seconds=DEFAULT.scrape_seconds if own.scrape_seconds is None else own.scrape_seconds,
        label_values=DEFAULT.label_values if own.label_values is None else own.label_values,
    )
