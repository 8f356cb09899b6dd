"""Logs: what a service writes, and what of it arrives in the log store, under which labels, when and how often."""

from fixtures.launch import own_log
from fixtures.service import Service
from suites.core.area import Area
from suites.logs.collect.service import collectors


def needed(service: Service) -> tuple[str, ...]:
    """Log store and agent, for a service that logs; where it runs already only its own file is read."""
    runs_already = service.start.attached is not None and own_log(service) is not None
    return ("loki", "promtail") if service.logs is not None and not runs_already else ()


AREA = Area("logs", service=collectors, components=needed)
