"""Scrape jobs compared with the catalog, for the rules on the target files and for those on the running Prometheus."""

from collections.abc import Collection, Iterable, Iterator

from suites.core.finding import Finding, Where
from suites.core.rule import NotApplicable


def unknown_jobs(jobs: Collection[tuple[str, Where]], known: Iterable[str]) -> Iterator[Finding]:
    """A finding for each job, given with its place, that is not in `known`: the catalog and the components."""
    if not jobs:
        raise NotApplicable("there are no scrape jobs")
    expected = set(known)
    for job, where in jobs:
        if job not in expected:
            hint = "describe the service in the catalog, name the job in the target file of a live stack, or remove it"
            yield Finding(f"job `{job}` is neither in the catalog nor a component", where, hint)


def services_without_job(
    jobs: Iterable[str], catalog: Collection[str], source: str, where: Where | None = None
) -> Iterator[Finding]:
    """A finding for each service of the catalog without a job in `source`, such as `the running Prometheus`."""
    if not catalog:
        raise NotApplicable("the catalog has no services")
    found = set(jobs)
    for name in catalog:
        if name not in found:
            hint = f"add a scrape job `{name}`, or a target with that label `job`"
            yield Finding(f"service `{name}` of the catalog has no job in {source}", where or Where(), hint)
