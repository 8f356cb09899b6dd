"""Reads files of the folder `stack/` that several areas judge: the compose file and Prometheus' configuration."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from stack.records.config.compose import ComposeService, parse_compose
from stack.records.config.prometheus import PrometheusConfig
from suites.core.evidence import NotEvaluated

COMPOSE = "docker-compose.yml"
OVERRIDES = ("docker-compose.override.yml", "docker-compose.override.yaml")
PROMETHEUS = "prometheus/prometheus.yml"


NO_FILES = NotEvaluated(
    "the files of this stack are not known; name their folder under `files` in the target file", applies=False
)


def compose_services(stack_dir: Path | None) -> Mapping[str, ComposeService] | NotEvaluated:
    """The services of the compose file by name, or why it cannot be read."""
    if stack_dir is None:
        return NO_FILES
    text = read_file(stack_dir, COMPOSE)
    if isinstance(text, NotEvaluated):
        return text
    try:
        services = {service.name: service for service in parse_compose(text, display_path(stack_dir, COMPOSE))}
    except ValueError as broken:
        return NotEvaluated(f"{display_path(stack_dir, COMPOSE)}: {broken}")
    # Compose reads it unasked, and it may change any setting of any service.
    beside = tuple(name for name in OVERRIDES if (stack_dir / name).exists())
    return {name: replace(one, unread=(*one.unread, *beside)) for name, one in services.items()} if beside else services


def prometheus_config(stack_dir: Path | None) -> list[PrometheusConfig] | NotEvaluated:
    """Prometheus' file with the flags that the compose file starts it with, or why they cannot be read."""
    if stack_dir is None:
        return NO_FILES
    text, services = read_file(stack_dir, PROMETHEUS), compose_services(stack_dir)
    if isinstance(text, NotEvaluated):
        return text
    command: Sequence[str] | None = None
    flags_at: tuple[str, int | None] = ("", None)
    if not isinstance(services, NotEvaluated):
        service = services.get("prometheus")
        if service is None:
            return NotEvaluated(f"{display_path(stack_dir, COMPOSE)} has no service `prometheus`")
        command, flags_at = service.command, (service.file, service.line("command"))
    elif (stack_dir / COMPOSE).exists():
        return services
    try:
        return [PrometheusConfig.read(text, command, display_path(stack_dir, PROMETHEUS), flags_at)]
    except ValueError as broken:
        return NotEvaluated(f"{display_path(stack_dir, PROMETHEUS)}: {broken}")


def read_file(stack_dir: Path, name: str) -> str | NotEvaluated:
    """The text of a file below `stack_dir`, or why there is none."""
    try:
        return (stack_dir / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return NotEvaluated(f"{display_path(stack_dir, name)} does not exist")
    except (OSError, UnicodeDecodeError) as broken:
        return NotEvaluated(f"{display_path(stack_dir, name)} cannot be read: {broken}")


def display_path(stack_dir: Path, name: str) -> str:
    """A file as findings name it: `stack/docker-compose.yml`."""
    return f"{stack_dir.name}/{name}"
