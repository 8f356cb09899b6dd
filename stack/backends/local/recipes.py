"""How each component is run as a local process: arguments, environment, ready check, on the shipped configuration.

Nothing here writes into a configuration file. Addresses and folders reach the servers through flags and through the
variables that the files themselves name; see the head of each file in `stack/`.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stack.backends.local import grafana
from stack.backends.local.gateway import gateway_arguments
from stack.backends.ports import HOST
from stack.backends.process import HttpReady, ProcessSpec, TcpReady
from stack.components import COMPONENTS
from stack.records.config.compose import parse_compose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from stack.backends.base import StackPlan, TargetGroup

# A conformance run wants two scrapes within seconds. Prometheus takes the interval from these labels of a target,
# so the shipped file keeps its 15 s.
QUICK_SCRAPES = {"__scrape_interval__": "1s", "__scrape_timeout__": "900ms"}

CONFIG_FILES = {
    "prometheus": "prometheus/prometheus.yml",
    "loki": "loki/loki-config.yaml",
    "promtail": "promtail/promtail-config.yaml",
    "alertmanager": "alertmanager/alertmanager.yml",
    # Grafana is set up by the environment of its service; the folders of dashboards and datasources lie beside it.
    "grafana": "docker-compose.yml",
}
"""The shipped configuration files, relative to `stack/`; the other components have none."""

SUB_PATHS = {"grafana": "/grafana"}
"""Components that are served below a path, here as behind the gateway."""

LOKI_GRPC = "loki-grpc"
"""The name of Loki's second port among the endpoints."""


@dataclass(frozen=True)
class Site:
    """Where one component runs: its folder, everybody's address, who of them is really there, who may sign in."""

    plan: StackPlan
    name: str
    home: Path
    endpoints: Mapping[str, str]
    present: frozenset[str]
    credentials: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def port(self) -> int:
        """Its own port."""
        return int(self.endpoints[self.name].rpartition(":")[2])

    @property
    def address(self) -> str:
        """Its own `host:port`."""
        return f"{HOST}:{self.port}"

    @property
    def config(self) -> Path:
        """Its shipped configuration file."""
        return self.plan.config_dir.absolute() / CONFIG_FILES[self.name]

    def data(self, name: str = "data") -> Path:
        """Return a folder of its own, made if need be."""
        folder = self.home / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def address_of(name: str, port: int) -> str:
    """Return the URL of a component on a loopback port."""
    scheme = "redis" if name == "redis" else "http"
    return f"{scheme}://{HOST}:{port}"


def environment(site: Site) -> dict[str, str]:
    """Return the variables that the component's configuration expands; the plan's own come last and win."""
    variables = _VARIABLES[site.name](site) if site.name in _VARIABLES else {}
    return {**variables, **site.plan.env}


def spec(site: Site, binary: Path) -> ProcessSpec:
    """Return what to run for a component that `RECIPES` knows."""
    ready_path = COMPONENTS[site.name].ready_path
    sub_path = SUB_PATHS.get(site.name, "")
    return ProcessSpec(
        name=site.name,
        argv=(str(binary), *RECIPES[site.name](site)),
        cwd=site.data(),
        stdout=site.home / f"{site.name}.log",
        env=environment(site),
        ready=HttpReady(f"http://{site.address}{sub_path}{ready_path}") if ready_path else TcpReady(site.port),
    )


def write_targets(folder: Path, targets: Mapping[str, Sequence[TargetGroup]]) -> None:
    """Make `folder` hold exactly these `file_sd` files, one per job; each appears in one step.

    Prometheus watches the folder and takes changes at once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.json"):
        if path.stem not in targets:
            path.unlink()
    for job, groups in targets.items():
        content = [
            {"targets": list(group.targets), "labels": {"job": job, **QUICK_SCRAPES, **group.labels}}
            for group in groups
        ]
        fresh = folder / f"{job}.json.new"
        fresh.write_text(json.dumps(content, indent=1), encoding="utf-8")
        fresh.replace(folder / f"{job}.json")


def prometheus_folder(site: Site) -> Path:
    """Lay the shipped Prometheus files, unchanged, beside target files that hold this run's addresses.

    Prometheus resolves `targets/*.json` and `rules/*.yml` from the folder of its configuration file.
    """
    folder = site.data("config")
    shutil.copy2(site.config, folder)
    rules = site.config.parent / "rules"
    if rules.is_dir():
        shutil.copytree(rules, folder / "rules", dirs_exist_ok=True)
    managers = folder / "alertmanagers"
    managers.mkdir(exist_ok=True)
    if "alertmanager" in site.present:
        address = site.endpoints["alertmanager"].rpartition("/")[2]
        (managers / "alertmanager.json").write_text(json.dumps([{"targets": [address]}]), encoding="utf-8")
    (folder / "targets").mkdir(exist_ok=True)
    return folder


def _prometheus(site: Site) -> list[str]:
    return [
        f"--config.file={prometheus_folder(site) / site.config.name}",
        f"--storage.tsdb.path={site.data()}",
        f"--web.listen-address={site.address}",
        "--web.enable-lifecycle",
        # Prometheus takes new targets every 5 s; a run would wait for that before its first scrape.
        "--scrape.discovery-reload-interval=100ms",
        *_shipped_retention(site),
    ]


def _shipped_retention(site: Site) -> list[str]:
    """Take how long Prometheus keeps its data from the command in the compose file, where it is decided."""
    try:
        services = parse_compose((site.plan.config_dir / "docker-compose.yml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []  # a rule says what is wrong with the file
    shipped = next((service.command for service in services if service.name == "prometheus"), ())
    return [flag for flag in shipped if flag.startswith("--storage.tsdb.retention")]


def _grafana_labs(site: Site) -> list[str]:
    return [f"-config.file={site.config}", "-config.expand-env=true"]


def _alertmanager(site: Site) -> list[str]:
    # A copy beside which no secrets lie: alerts of a trial run must not reach the channel of the people on call.
    config = shutil.copy2(site.config, site.data("config"))
    return [
        f"--config.file={config}",
        f"--storage.path={site.data()}",
        f"--web.listen-address={site.address}",
        "--cluster.listen-address=",  # one alone: no gossip port
    ]


def _node_exporter(site: Site) -> list[str]:
    return [f"--web.listen-address={site.address}"]


def _redis(site: Site) -> list[str]:
    memory_only = ["--save", "", "--appendonly", "no"]
    return ["--bind", HOST, "--port", str(site.port), "--dir", str(site.data()), *memory_only]


def _redis_exporter(site: Site) -> list[str]:
    return [f"-redis.addr={site.endpoints['redis']}", f"-web.listen-address={site.address}"]


RECIPES: dict[str, Callable[[Site], list[str]]] = {
    "prometheus": _prometheus,
    "loki": _grafana_labs,
    "promtail": _grafana_labs,
    "alertmanager": _alertmanager,
    "node-exporter": _node_exporter,
    "redis": _redis,
    "redis-exporter": _redis_exporter,
    "gateway": gateway_arguments,
    "grafana": grafana.arguments,
}
"""The arguments of each component that can run as a local process."""


def _loki_variables(site: Site) -> dict[str, str]:
    alertmanager = site.endpoints["alertmanager"] if "alertmanager" in site.present else ""
    return {
        "LOKI_HTTP_ADDRESS": HOST,
        "LOKI_HTTP_PORT": str(site.port),
        "LOKI_GRPC_ADDRESS": HOST,
        "LOKI_GRPC_PORT": site.endpoints[LOKI_GRPC].rpartition(":")[2],
        "LOKI_DATA_DIR": str(site.data()),
        "LOKI_MIN_READY_DURATION": "0s",
        "LOKI_ALERTMANAGER_URL": alertmanager,
    }


def _promtail_variables(site: Site) -> dict[str, str]:
    logs = site.plan.work_dir / "logs"
    return {
        "LOKI_URL": site.endpoints["loki"],
        "PROMTAIL_HTTP_ADDRESS": HOST,
        "PROMTAIL_HTTP_PORT": str(site.port),
        "PROMTAIL_GRPC_ADDRESS": HOST,
        "PROMTAIL_GRPC_PORT": "0",
        "PROMTAIL_DATA_DIR": str(site.data()),
        "PROMTAIL_LOG_GLOB": site.plan.log_glob or str(logs / "*/*/*.log"),
        # This machine's own logs and containers are none of this run's business.
        "PROMTAIL_DOCAICHE_GLOB": str(logs / "*.docaiche.log"),
        "PROMTAIL_DOCKER_HOST": f"unix://{site.home / 'no-docker.sock'}",
        "PROMTAIL_SYNC_PERIOD": "250ms",
        "PROMTAIL_BATCH_WAIT": "100ms",
    }


_VARIABLES: dict[str, Callable[[Site], dict[str, str]]] = {
    "grafana": grafana.variables,
    "loki": _loki_variables,
    "promtail": _promtail_variables,
}
