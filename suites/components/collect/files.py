"""Reads the stack's files into records: what can be judged without starting anything.

Every record of this module is evidence of kind `static`. The subjects are the services of the compose file, which
carry the names of the components.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from stack.components import COMPONENTS
from stack.records.config.compose import ComposeService, parse_compose
from stack.records.config.prometheus import PrometheusConfig
from stack.records.config.release import PinnedRelease
from stack.records.config.scrape_jobs import ScrapeJobs, jobs_of
from suites.core.evidence import NotEvaluated

Static = dict[str, dict[type, list[Any] | NotEvaluated]]
"""Records by subject and type, or why there are none."""

COMPOSE = "docker-compose.yml"
PROMETHEUS = "prometheus/prometheus.yml"
TARGETS = "prometheus/deployed/targets"


def collect_static(stack_dir: Path, today: date, catalog_jobs: Collection[str] = ()) -> Static:
    """Read `stack_dir` (the folder `stack/`) for the rules of the stack suite.

    `catalog_jobs` are the job names that the catalog expects. A file that is missing or cannot be read becomes a
    `NotEvaluated` that names it, for every subject that needs it.
    """
    services = compose_services(stack_dir)
    found: Static = {}
    names = COMPONENTS if isinstance(services, NotEvaluated) else {**COMPONENTS, **services}
    for name in names:
        found[name] = _of_compose(name, services, today)
        found[name][PrometheusConfig] = NotEvaluated(f"{name} is not Prometheus", applies=False)
        found[name][ScrapeJobs] = NotEvaluated(f"{name} scrapes nothing", applies=False)
    found["prometheus"][PrometheusConfig] = prometheus_config(stack_dir, services)
    found["prometheus"][ScrapeJobs] = _scrape_jobs(stack_dir, catalog_jobs)
    return found


def compose_services(stack_dir: Path) -> Mapping[str, ComposeService] | NotEvaluated:
    """The services of the compose file by name, or why it cannot be read."""
    text = read_file(stack_dir, COMPOSE)
    if isinstance(text, NotEvaluated):
        return text
    try:
        return {service.name: service for service in parse_compose(text, shown(stack_dir, COMPOSE))}
    except ValueError as broken:
        return NotEvaluated(f"{shown(stack_dir, COMPOSE)}: {broken}")


def prometheus_config(
    stack_dir: Path, services: Mapping[str, ComposeService] | NotEvaluated
) -> list[PrometheusConfig] | NotEvaluated:
    """Prometheus' file with the flags that the compose file starts it with."""
    text = read_file(stack_dir, PROMETHEUS)
    if isinstance(text, NotEvaluated):
        return text
    if isinstance(services, NotEvaluated):
        return services
    service = services.get("prometheus")
    if service is None:
        return NotEvaluated(f"{shown(stack_dir, COMPOSE)} has no service `prometheus`")
    try:
        flags_at = (service.file, service.line("command"))
        return [PrometheusConfig.read(text, service.command, shown(stack_dir, PROMETHEUS), flags_at)]
    except ValueError as broken:
        return NotEvaluated(f"{shown(stack_dir, PROMETHEUS)}: {broken}")


def read_file(stack_dir: Path, name: str) -> str | NotEvaluated:
    """The text of a file below `stack_dir`, or why there is none."""
    try:
        return (stack_dir / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return NotEvaluated(f"{shown(stack_dir, name)} is not there")
    except (OSError, UnicodeDecodeError) as broken:
        return NotEvaluated(f"{shown(stack_dir, name)} cannot be read: {broken}")


def shown(stack_dir: Path, name: str) -> str:
    """A file as findings name it: `stack/docker-compose.yml`."""
    return f"{stack_dir.name}/{name}"


def _of_compose(
    name: str, services: Mapping[str, ComposeService] | NotEvaluated, today: date
) -> dict[type, list[Any] | NotEvaluated]:
    if isinstance(services, NotEvaluated):
        return {ComposeService: services, PinnedRelease: services}
    service = services.get(name)
    if service is None:
        missing = NotEvaluated(f"the compose file has no service `{name}`")
        return {ComposeService: missing, PinnedRelease: missing}
    if name not in COMPONENTS:
        ours = NotEvaluated(f"{name} is no component with releases of its own", applies=False)
        return {ComposeService: [service], PinnedRelease: ours}
    version = service.image.rpartition("/")[2].partition(":")[2].partition("@")[0]
    if not version:
        return {ComposeService: [service], PinnedRelease: NotEvaluated(f"image `{service.image}` names no version")}
    release = PinnedRelease(name, version, today, service.file, service.line("image"))
    return {ComposeService: [service], PinnedRelease: [release]}


def _scrape_jobs(stack_dir: Path, catalog_jobs: Collection[str]) -> list[ScrapeJobs] | NotEvaluated:
    jobs: list[tuple[str, str]] = []
    for path in sorted((stack_dir / TARGETS).glob("*.json")):
        name = f"{TARGETS}/{path.name}"
        text = read_file(stack_dir, name)
        if isinstance(text, NotEvaluated):
            return text
        try:
            jobs += jobs_of(text, shown(stack_dir, name))
        except ValueError as broken:
            return NotEvaluated(f"{shown(stack_dir, name)}: {broken}")
    if not jobs:
        return NotEvaluated(f"{shown(stack_dir, TARGETS)} has no target files")
    return [ScrapeJobs(tuple(jobs), tuple(catalog_jobs), tuple(COMPONENTS))]
