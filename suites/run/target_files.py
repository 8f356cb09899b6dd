"""Writes the target files that Prometheus is deployed with, from catalog and component table: `make targets`."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fixtures.catalog import load
from fixtures.service import Service
from stack.components import AGENTS, COMPONENTS, SYSTEM, USUAL, instance_of
from suites.core.running_service import container_instance

CONSOLE = "console"
ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "stack" / "prometheus" / "deployed" / "targets"


def components(names: Iterable[str]) -> Iterator[dict[str, Any]]:
    """One target group per named component that exposes metrics."""
    for name in names:
        info = COMPONENTS[name]
        if info.scraped:
            yield _group(name, info.port, name, SYSTEM, f"{info.sub_path}/metrics", instance_of(name))


def services(catalog: Iterable[Service]) -> Iterator[dict[str, Any]]:
    """One target group per service of the catalog that runs as a container of its own, by its name."""
    for service in catalog:
        if service.start.containers and not service.start.containers.component:
            metrics = service.metrics
            at = service.name, metrics.port, metrics.job, service.system, metrics.path
            yield _group(*at, container_instance(service))


def _group(host: str, port: int, job: str, system: str, path: str, instance: str) -> dict[str, Any]:
    # `system`, `service` and `instance` have the values that the log agent gives the lines of the same container.
    labels = {"job": job, "system": system, "service": host, "instance": instance}
    if path != "/metrics":
        labels["__metrics_path__"] = path
    return {"targets": [f"{host}:{port}"], "labels": labels}


def text(groups: Iterable[dict[str, Any]]) -> str:
    """The groups as a `file_sd` file, one line each."""
    return "[\n" + ",\n".join(f"  {json.dumps(group)}" for group in groups) + "\n]\n"


def outputs() -> dict[Path, str]:
    """Every target file with its text."""
    catalog = load(ROOT / "fixtures" / "services").services
    usual, *others = AGENTS
    # A compose file of its own starts each of `apart`, and puts its target in place of one that is there.
    apart = [*others, CONSOLE]
    return {
        FOLDER / "components.json": text(components(name for name in USUAL if name not in (usual, CONSOLE))),
        FOLDER / "agent.json": text(components([usual])),
        FOLDER / "console.json": "[]\n",
        **{ROOT / "stack" / name / "target.json": text(components([name])) for name in apart},
        FOLDER / "services.json": text(services(catalog)),
    }


def stale() -> list[Path]:
    """The target files that are missing or differ from what would be written."""
    return [path for path, new in outputs().items() if not path.exists() or path.read_text(encoding="utf-8") != new]


def main() -> int:
    """Write the files that are stale."""
    made = outputs()
    for path in stale():
        path.write_text(made[path], encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")  # noqa: T201  # the command's output
    return 0


if __name__ == "__main__":
    sys.exit(main())
