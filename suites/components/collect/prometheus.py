"""What the running Prometheus says about the stack: the targets of its components, and its jobs."""

from typing import Any

from stack.clients.prometheus import PrometheusClient, PrometheusError
from stack.components import COMPONENTS
from stack.records.live.catalog import RunningJobs
from stack.records.live.components import ComponentTargets
from suites.core.evidence import NotEvaluated
from suites.core.inspected_stack import InspectedStack
from suites.core.scraped_targets import targets_by_job

Found = dict[str, dict[type, Any]]
"""Records, or why there are none, by component and type."""


async def targets_and_jobs(stack: InspectedStack, expected_jobs: tuple[str, ...]) -> Found:
    """Ask for the targets of every component, and for all jobs; never raises for what Prometheus does."""
    endpoint = stack.endpoint("prometheus")
    if isinstance(endpoint, NotEvaluated):
        return _everywhere(endpoint)
    scraped = [name for name in ComponentTargets.judged_components if stack.stack.endpoint(name)]
    try:
        by_job = await targets_by_job(PrometheusClient(endpoint, stack.http), scraped)
    except PrometheusError as silent:
        return _everywhere(NotEvaluated(f"Prometheus does not answer: {silent}"))
    jobs = tuple((job, targets[0].scrape_url) for job, targets in sorted(by_job.items()))
    found: Found = {name: {ComponentTargets: [ComponentTargets(name, by_job.get(name, ()))]} for name in scraped}
    found.setdefault("prometheus", {})[RunningJobs] = [RunningJobs(jobs, expected_jobs, tuple(COMPONENTS))]
    for name in ComponentTargets.judged_components:
        # That a component is down is reported by its own readiness, not by its missing target as well.
        if missing := stack.missing(name):
            found.setdefault(name, {})[ComponentTargets] = missing
    return found


def _everywhere(why: NotEvaluated) -> Found:
    found: Found = {name: {ComponentTargets: why} for name in ComponentTargets.judged_components}
    found["prometheus"][RunningJobs] = why
    return found
