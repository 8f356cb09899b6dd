"""What a service declared about its metrics, as the records that rules judge it by."""

from fixtures.service import Service
from stack.records.scrape.budget import Budget
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
    """The limits that the service declared."""
    own = service.budgets
    return Budget(own.series, own.body_bytes, own.scrape_seconds, own.label_values)
