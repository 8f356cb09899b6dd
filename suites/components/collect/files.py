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
from stack.records.live.discovery import TITLES
from suites.core.area import StackFiles, StaticRecords
from suites.core.evidence import NotEvaluated
from suites.core.stack_files import COMPOSE, NO_FILES, compose_services, display_path, prometheus_config, read_file

ASKED = NotEvaluated("an attached Prometheus is asked for its jobs; no file need list them", applies=False)
TARGETS = "prometheus/deployed/targets"


def read(files: StackFiles) -> StaticRecords:
    """Read the compose file, Prometheus' configuration and its target files: one subject per component."""
    services = compose_services(files.folder)
    if files.attached and files.folder and not (files.folder / COMPOSE).exists():
        services = NO_FILES
    found: StaticRecords = {name: {PinnedRelease: _release(name, services, files.today)} for name in COMPONENTS}
    found["prometheus"][PrometheusConfig] = prometheus_config(files.folder)
    # An attached Prometheus has discovered its targets, from wherever; it is asked for them.
    jobs: list[ScrapeJobs] | NotEvaluated = ASKED
    if files.folder is not None and not files.attached:
        jobs = _scrape_jobs(files.folder, files.catalog_jobs)
    found["prometheus"][ScrapeJobs] = jobs
    # What discovers an attached stack's services has no file here, and is a subject of its own.
    return {**found, **{name: {} for name in TITLES}}


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
    # A compose file of its own puts a `target.json` in the place of one of the others.
    for path in [*sorted((stack_dir / TARGETS).glob("*.json")), *sorted(stack_dir.glob("*/target.json"))]:
        name = path.relative_to(stack_dir).as_posix()
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
