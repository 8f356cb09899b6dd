"""How each component runs as a local process: its arguments, and the variables that its configuration expands.

A recipe is a function of a `ComponentContext`; the component table names it. The shipped configuration files are used
as they are.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, cast

from stack.backends.finished_run import write_finished_run
from stack.backends.local.context import LOKI_GRPC, ComponentContext, Launch
from stack.backends.ports import HOST
from stack.backends.process import HttpReady, ProcessSpec, TcpReady
from stack.components import AGENTS, COMPONENTS, instance_of
from stack.records.config.compose import parse_compose

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOG_FILES = "*/*/*.log"
"""Log files below a run's folder of logs, as `<system>/<service>/<instance>.log`."""


def launch(context: ComponentContext) -> Launch:
    """Return how to start a component that has a recipe; the plan's own variables come last and win."""
    module, _, function = COMPONENTS[context.name].recipe.partition(":")
    recipe = cast("Callable[[ComponentContext], Launch]", getattr(import_module(module), function))
    made = recipe(context)
    return replace(made, environment={**made.environment, **context.plan.env})


def spec(context: ComponentContext) -> ProcessSpec:
    """Return what to run for a component that has a recipe and a program."""
    info, made = COMPONENTS[context.name], launch(context)
    url = f"http://{context.address}{info.sub_path}{info.ready_path}"
    return ProcessSpec(
        name=context.name,
        argv=(str(context.program), *made.arguments),
        cwd=context.data(),
        stdout=_own_log(context),
        env=made.environment,
        ready=HttpReady(url) if info.ready_path else TcpReady(context.port),
    )


def _own_log(context: ComponentContext) -> Path:
    # An agent that reads its own lines would never come to rest.
    if context.plan.own_logs is None or context.name in AGENTS:
        return context.home / f"{context.name}.log"
    folder = context.plan.own_logs.absolute() / context.name
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{instance_of(context.name)}.log"


def prometheus(context: ComponentContext) -> Launch:
    """Prometheus on a copy of the shipped files beside this run's target files."""
    return Launch(
        [
            f"--config.file={_prometheus_folder(context) / context.config.name}",
            f"--storage.tsdb.path={context.data()}",
            f"--web.listen-address={context.address}",
            "--web.enable-lifecycle",
            # Prometheus takes new targets every 5 s; a run would wait for that before its first scrape.
            "--scrape.discovery-reload-interval=100ms",
            # An alert that fires before Alertmanager is discovered is lost until it is sent again, else a minute later.
            "--rules.alert.resend-delay=5s",
            *_shipped_retention(context),
        ]
    )


def _prometheus_folder(context: ComponentContext) -> Path:
    """Copy the shipped Prometheus files, unchanged, beside target files that have this run's addresses.

    Prometheus resolves `targets/*.json` and `rules/*.yml` from the folder of its configuration file.
    """
    folder = context.data("config")
    shutil.copy2(context.config, folder)
    rules = context.config.parent / "rules"
    if rules.is_dir():
        shutil.copytree(rules, folder / "rules", dirs_exist_ok=True)
    managers = folder / "alertmanagers"
    managers.mkdir(exist_ok=True)
    if "alertmanager" in context.present:
        address = context.endpoints["alertmanager"].rpartition("/")[2]
        (managers / "alertmanager.json").write_text(json.dumps([{"targets": [address]}]), encoding="utf-8")
    (folder / "targets").mkdir(exist_ok=True)
    return folder


def _shipped_retention(context: ComponentContext) -> list[str]:
    """Take how long Prometheus keeps its data from the command in the compose file, where it is decided."""
    try:
        services = parse_compose((context.plan.config_dir / "docker-compose.yml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []  # a rule reports what is wrong with the file
    shipped = next((service.command for service in services if service.name == context.name), ())
    return [flag for flag in shipped if flag.startswith("--storage.tsdb.retention")]


def alertmanager(context: ComponentContext) -> Launch:
    """Alertmanager on a copy beside which no secrets are: alerts of a trial run must not reach the people on call."""
    config = shutil.copy2(context.config, context.data("config"))
    return Launch(
        [
            f"--config.file={config}",
            f"--storage.path={context.data()}",
            f"--web.listen-address={context.address}",
            "--cluster.listen-address=",  # one alone: no gossip port
        ]
    )


def loki(context: ComponentContext) -> Launch:
    """Loki on its shipped file."""
    manager = context.endpoints["alertmanager"] if "alertmanager" in context.present else ""
    variables = {
        "LOKI_HTTP_ADDRESS": HOST,
        "LOKI_HTTP_PORT": str(context.port),
        "LOKI_GRPC_ADDRESS": HOST,
        "LOKI_GRPC_PORT": context.endpoints[LOKI_GRPC].rpartition(":")[2],
        "LOKI_DATA_DIR": str(context.data()),
        "LOKI_MIN_READY_DURATION": "0s",
        "LOKI_RULES_DIR": str(context.config.parent / "rules"),
        "LOKI_ALERTMANAGER_URL": manager,
    }
    return Launch([f"-config.file={context.config}", "-config.expand-env=true"], variables)


def promtail(context: ComponentContext) -> Launch:
    """Promtail on its shipped file, for this run's log files alone."""
    own = {
        "PROMTAIL_HTTP_ADDRESS": HOST,
        "PROMTAIL_HTTP_PORT": str(context.port),
        "PROMTAIL_GRPC_ADDRESS": HOST,
        "PROMTAIL_GRPC_PORT": "0",
        "PROMTAIL_DATA_DIR": str(context.data()),
    }
    variables = {**own, **_agent_variables(context, "PROMTAIL")}
    return Launch([f"-config.file={context.config}", "-config.expand-env=true"], variables)


def alloy(context: ComponentContext) -> Launch:
    """Alloy on its shipped file, for this run's log files alone."""
    arguments = [
        "run",
        f"--server.http.listen-addr={context.address}",
        f"--storage.path={context.data()}",
        "--disable-reporting",
        str(context.config),
    ]
    return Launch(arguments, _agent_variables(context, "ALLOY"))


def _agent_variables(context: ComponentContext, prefix: str) -> dict[str, str]:
    """Return the variables that both agents have: where Loki is, and what to collect."""
    logs = context.plan.work_dir.absolute() / "logs"
    return {
        "LOKI_URL": context.endpoints["loki"],
        f"{prefix}_LOG_GLOB": context.plan.log_glob or str(logs / LOG_FILES),
        # This machine's own logs and containers are none of this run's business.
        f"{prefix}_DOCAICHE_GLOB": str(logs / "*.docaiche.log"),
        # Not in this run's folder: Alloy does not start on a socket whose path is longer than the system allows.
        f"{prefix}_DOCKER_HOST": "unix:///nonexistent/docker.sock",
        f"{prefix}_SYNC_PERIOD": "250ms",
        f"{prefix}_BATCH_WAIT": "100ms",
    }


def node_exporter(context: ComponentContext) -> Launch:
    """node-exporter on loopback, with the results of a conformance run to read."""
    textfile = write_finished_run(context.data())
    return Launch([f"--web.listen-address={context.address}", f"--collector.textfile.directory={textfile}"])


def redis(context: ComponentContext) -> Launch:
    """Redis in memory only, with the limit that it has in the compose file."""
    memory_only = ["--save", "", "--appendonly", "no", "--maxmemory", "192mb", "--maxmemory-policy", "allkeys-lru"]
    return Launch(["--bind", HOST, "--port", str(context.port), "--dir", str(context.data()), *memory_only])


def redis_exporter(context: ComponentContext) -> Launch:
    """The exporter of this run's Redis."""
    return Launch([f"-redis.addr={context.endpoints['redis']}", f"-web.listen-address={context.address}"])
