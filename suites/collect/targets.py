"""What Prometheus scrapes: the services of a run, by job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl

from stack.backends.base import TargetGroup
from suites.core.running_service import RunningService


def scrape_targets(
    services: Sequence[RunningService], address_of: Callable[[RunningService], str | None]
) -> dict[str, list[TargetGroup]]:
    """Give the target groups by job; `address_of` is where Prometheus reaches a service, None where it must not try."""
    targets: dict[str, list[TargetGroup]] = {}
    for live in services:
        if (address := address_of(live)) is not None:  # several services may share a job
            targets.setdefault(live.service.metrics.job, []).append(_group(live, address))
    return targets


def _group(live: RunningService, address: str) -> TargetGroup:
    path, _, query = live.service.metrics.path.partition("?")
    return TargetGroup(
        (address,),
        {
            "system": live.service.system,
            "service": live.service.name,
            "__metrics_path__": path,
            "__scheme__": (live.base_url or "http").partition("://")[0],
            **{f"__param_{name}": value for name, value in parse_qsl(query)},
        },
    )
