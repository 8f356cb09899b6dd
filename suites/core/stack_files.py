"""Reads files of the folder `stack/` that several areas judge: the compose file and Prometheus' configuration."""

from collections.abc import Mapping
from pathlib import Path

from stack.records.config.compose import ComposeService, parse_compose
from stack.records.config.prometheus import PrometheusConfig
from suites.core.evidence import NotEvaluated

COMPOSE = "docker-compose.yml"
PROMETHEUS = "prometheus/prometheus.yml"


def compose_services(stack_dir: Path) -> Mapping[str, ComposeService] | NotEvaluated:
    """The services of the compose file by name, or why it cannot be read."""
    text = read_file(stack_dir, COMPOSE)
    if isinstance(text, NotEvaluated):
        return text
    try:
        return {service.name: service for service in parse_compose(text, display_path(stack_dir, COMPOSE))}
    except ValueError as broken:
        return NotEvaluated(f"{display_path(stack_dir, COMPOSE)}: {broken}")


def prometheus_config(stack_dir: Path) -> list[PrometheusConfig] | NotEvaluated:
    """Prometheus' file with the flags that the compose file starts it with, or why they cannot be read."""
    text, services = read_file(stack_dir, PROMETHEUS), compose_services(stack_dir)
    if isinstance(text, NotEvaluated):
        return text
    if isinstance(services, NotEvaluated):
        return services
    service = services.get("prometheus")
    if service is None:
        return NotEvaluated(f"{display_path(stack_dir, COMPOSE)} has no service `prometheus`")
    try:
        flags_at = (service.file, service.line("command"))
        return [PrometheusConfig.read(text, service.command, display_path(stack_dir, PROMETHEUS), flags_at)]
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
