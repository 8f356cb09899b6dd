"""What the files of the stack say about its components: pinned releases, Prometheus' configuration, scrape jobs."""

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from stack.components import COMPONENTS
from stack.records.config.compose import ComposeService
from stack.records.config.prometheus import PrometheusConfig
from stack.records.config.release import PinnedRelease
from stack.records.config.scrape_jobs import ScrapeJobs, jobs_of
from suites.core.area import StackFiles, StaticRecords
from suites.core.evidence import NotEvaluated
from suites.core.stack_files import compose_services, display_path, prometheus_config, read_file

TARGETS = "prometheus/deployed/targets"


def read(files: StackFiles) -> StaticRecords:
    """Read the compose file, Prometheus' configuration and its target files: one subject per component."""
    services = compose_services(files.folder)
    found: StaticRecords = {name: {PinnedRelease: _release(name, services, files.today)} for name in COMPONENTS}
    found["prometheus"][PrometheusConfig] = prometheus_config(files.folder)
    found["prometheus"][ScrapeJobs] = _scrape_jobs(files.folder, files.catalog_jobs)
    return found


def _release(name: str, services: Mapping[str, ComposeService] | NotEvaluated, today: date) -> list[Any] | NotEvaluated:
    if isinstance(services, NotEvaluated):
        return services
    service = services.get(name)
    if service is None:
        return NotEvaluated(f"the compose file has no service `{name}`")
    version = service.image.rpartition("/")[2].partition(":")[2].partition("@")[0]
    if not version:
        return NotEvaluated(f"image `{service.image}` names no version")
    return [PinnedRelease(name, version, today, service.file, service.line("image"))]


def _scrape_jobs(stack_dir: Path, catalog_jobs: Collection[str]) -> list[ScrapeJobs] | NotEvaluated:
    jobs: list[tuple[str, str]] = []
    for path in sorted((stack_dir / TARGETS).glob("*.json")):
        name = f"{TARGETS}/{path.name}"
        text = read_file(stack_dir, name)
        if isinstance(text, NotEvaluated):
            return text
        try:
            jobs += jobs_of(text, display_path(stack_dir, name))
        except ValueError as broken:
            return NotEvaluated(f"{display_path(stack_dir, name)}: {broken}")
    if not jobs:
        return NotEvaluated(f"{display_path(stack_dir, TARGETS)} has no target files")
    return [ScrapeJobs(tuple(jobs), tuple(catalog_jobs), tuple(COMPONENTS))]
