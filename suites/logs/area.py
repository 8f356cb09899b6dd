"""Logs: what a service writes, and what of it arrives in the log store, under which labels, when and how often."""

from fixtures.service import Service
from suites.core.area import Area
from suites.logs.collect.service import collectors


def needed(service: Service) -> tuple[str, ...]:
    """Log store and agent, for a service that logs."""
    return ("loki", "promtail") if service.logs is not None and service.logs.format != "none" else ()


AREA = Area("logs", service=collectors, components=needed)
