"""What Prometheus scrapes: the services of a run, by job."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
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


def with_own_timeout(
    targets: Mapping[str, Sequence[TargetGroup]], running: RunningService
) -> dict[str, list[TargetGroup]]:
    """Give the groups of one service its own scrape timeout, instead of the short one with which a run begins.

    Prometheus demands an interval of at least the timeout.
    """
    own = f"{round(running.service.metrics.scrape_timeout_s * 1000)}ms"
    labels = {"__scrape_interval__": own, "__scrape_timeout__": own}
    return {
        job: [
            replace(group, labels={**group.labels, **labels})
            if group.labels.get("service") == running.service.name
            else group
            for group in groups
        ]
        for job, groups in targets.items()
    }


def _group(live: RunningService, address: str) -> TargetGroup:
    path, _, query = live.service.metrics.path.partition("?")
    return TargetGroup(
        (address,),
        {
            "system": live.service.system,
            "service": live.service.name,
            # Without a log of ours it stays the address.
            **({"instance": live.log_instance} if live.log_instance else {}),
            "__metrics_path__": path,
            "__scheme__": (live.base_url or "http").partition("://")[0],
            **{f"__param_{name}": value for name, value in parse_qsl(query)},
        },
    )
