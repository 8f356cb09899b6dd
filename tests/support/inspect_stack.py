"""Collects from a running stack what its areas collect, without a run around it."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx

from stack.backends.base import RunningStack
from stack.records.live.catalog import CatalogStreams
from stack.records.live.gateway_trial import GatewayTail, GatewayTrial
from suites.alerts.collect import running as alerts
from suites.components.collect.prometheus import targets_and_jobs
from suites.components.collect.running import first, log_streams
from suites.core.evidence import NotEvaluated
from suites.core.inspected_stack import InspectedStack
from suites.gateway.collect.trial import try_gateway

Seen = dict[str, dict[type, Any]]
"""Records, or why there are none, by component and type."""


def inspected(stack: RunningStack, http: httpx.AsyncClient, config: Path | None = None) -> InspectedStack:
    """A stack with its health now."""
    return InspectedStack(stack, http, config, stack.health())


async def collect_stack(
    stack: InspectedStack, jobs: tuple[str, ...] = (), logging: tuple[str, ...] = (), today: date | None = None
) -> Seen:
    """Collect what the areas on components, gateway and alerts collect from a running stack."""
    found: Seen = dict(await first(stack, today or datetime.now(UTC).date()))
    gateway = stack.endpoint("gateway")
    if isinstance(gateway, NotEvaluated):
        found["gateway"].update({GatewayTrial: gateway, GatewayTail: gateway})
    else:
        found["gateway"].update(await try_gateway(stack.stack, gateway, stack.http, stack.missing("loki")))
    for name, records in (await targets_and_jobs(stack, jobs)).items():
        found[name].update(records)
    found["prometheus"].update(await alerts.collect(stack))
    found["loki"][CatalogStreams] = await log_streams(stack, logging)
    return found
