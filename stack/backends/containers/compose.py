"""The shipped compose file for one run: by Testcontainers, as a project of its own, on ports of loopback.

The file is used as it stands. What a run needs otherwise reaches it by the variables that it names itself; a second
file adds the ports by which the components are asked, the services under test, and keeps alerts from people on call.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testcontainers.compose import DockerCompose

from stack.backends.containers.engine import EngineError, environment, last_words
from stack.backends.ports import HOST
from stack.backends.supervisor import MARK, RunEndedError, supervisor
from stack.clients.http import CA_VARIABLE
from stack.components import COMPONENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UP_S = 600.0
DOWN_S = 300.0
CALL_S = 120.0
STOP_S = "2"
"""Seconds that containers get to end by themselves: their data goes with them."""

CONTAINER_PORTS = {name: info.port for name, info in COMPONENTS.items() if not info.published}
"""The components whose port the compose file does not publish, and that port."""

PUBLISHED = {name: info.published for name, info in COMPONENTS.items() if info.published}
"""The components whose port it publishes, and the variable that says where."""

PORT_TAKEN = ("address already in use", "port is already allocated", "ports are not available")


class PortTakenError(EngineError):
    """Somebody took a port between choosing and using it."""


@dataclass(frozen=True)
class ContainerService:
    """A service under test as a container.

    `name` is its compose service: one of the compose file, or else a new one from `image` or `build` (a folder with
    a Dockerfile). It answers at `port` inside. `mounts` are folders of this machine by their path inside; `labels` are
    container labels.
    """

    name: str
    port: int
    image: str | None = None
    build: Path | None = None
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    mounts: Mapping[str, Path] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass
class ProjectCompose(DockerCompose):
    """Testcontainers' compose with a project name and an environment of its own, and errors in one sentence."""

    project: str = ""
    variables: dict[str, str] = field(default_factory=dict)

    @cached_property
    def compose_command_property(self) -> list[str]:
        """The beginning of every command."""
        client, compose, *options = super().compose_command_property
        return [client, compose, "--project-name", self.project, *options]

    def stop(self, down: bool = True) -> None:  # noqa: ARG002  # as Testcontainers has it
        """Remove every container, network and volume of the project."""
        everything = ["--volumes", "--remove-orphans"]
        self._run_command([*self.compose_command_property, "down", *everything, "--timeout", STOP_S])

    def config(self) -> dict[str, Any]:
        """The files as compose understands them, variables filled in."""
        asked = self._run_command([*self.compose_command_property, "config", "--format", "json"])
        found: dict[str, Any] = json.loads(asked.stdout)
        return found

    def build_images(self, services: Sequence[str]) -> None:
        """Build the images of services that have a Dockerfile."""
        self._run_command([*self.compose_command_property, "build", "--quiet", *services])

    def _run_command(self, cmd: str | list[str], context: str | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run a compose command that ends with this run, whatever ends it.

        Raises:
            EngineError: it failed or hangs; the text has compose's last words.

        """
        words = cmd.split() if isinstance(cmd, str) else cmd
        watching = supervisor()
        process = subprocess.Popen(  # noqa: S603  # compose, on our own file
            words,
            cwd=context or str(self.context),
            env={**environment(self.variables), MARK: watching.mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        what = next((word for word in words if word in TIMEOUTS), "")
        try:
            with watching.watching(process.pid, cleaning=what == "down"):
                out, said = process.communicate(timeout=TIMEOUTS.get(what, CALL_S))
        except (RunEndedError, subprocess.TimeoutExpired) as late:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            ended = isinstance(late, RunEndedError)
            reason = str(late) if ended else f"it did not end within {TIMEOUTS.get(what, CALL_S):g} s"
            raise EngineError(f"`docker compose {what}`: {reason}") from None
        if process.returncode:
            raise _failure(what, out, said)
        return subprocess.CompletedProcess(words, 0, out, said)


TIMEOUTS = {"up": UP_S, "down": DOWN_S, "config": CALL_S, "ps": CALL_S, "build": 1800.0}


def _failure(what: str, out: bytes, said: bytes) -> EngineError:
    texts = [stream.decode(errors="replace") for stream in (out, said)]
    words = last_words(subprocess.CompletedProcess((), 1, *texts))
    if any(sign in words.lower() for sign in PORT_TAKEN):
        return PortTakenError(f"`docker compose {what}`: a port is taken by another program: {words}")
    return EngineError(f"`docker compose {what}`: {words}")


def settings(
    ports: Mapping[str, int], credentials: Mapping[str, tuple[str, str]], folders: Mapping[str, str]
) -> dict[str, str]:
    """The variables of the compose file that a run decides; see `stack/.env.example`.

    `folders` has those that name a folder or file of this machine. A variable that is not among these is taken from
    the environment or `stack/.env` as in production: images and sizes.
    """
    return {
        "GRAFANA_ADMIN_USER": credentials["grafana"][0],
        "GRAFANA_ADMIN_PASSWORD": credentials["grafana"][1],
        "GATEWAY_USER": credentials["gateway"][0],
        "GATEWAY_PASSWORD": credentials["gateway"][1],
        "REDIS_PASSWORD": credentials["redis"][1],
        "PROMETHEUS_PORT": str(ports["prometheus"]),
        "GRAFANA_PORT": str(ports["grafana"]),
        "GATEWAY_PORT": f"{HOST}:{ports['gateway']}",
        "PUBLIC_URL": f"http://{HOST}:{ports['gateway']}",
        "GRAFANA_COOKIE_SECURE": "false",
        "PROMETHEUS_SCRAPE_CONFIGS": "./prometheus/deployed/scrape.d",
        "ENVIRONMENT": "conformance",
        "INSTANCE": "main",
        **folders,
    }


def override(
    config_dir: Path,
    ports: Mapping[str, int],
    services: Sequence[ContainerService],
    known: set[str],
    admin: tuple[str, str],
) -> str:
    """The second compose file: ports on loopback, and the services under test.

    `known` are the services of the first file, `admin` is the account that the console begins with.
    """
    parts: dict[str, dict[str, Any]] = {
        name: {"ports": [f"{HOST}:{ports[name]}:{inside}"]} for name, inside in CONTAINER_PORTS.items()
    }
    if (config_dir / "alertmanager" / "secrets").is_dir():
        # Alerts of a trial run must not reach the channel of the people on call: its address is not seen.
        parts["alertmanager"]["tmpfs"] = ["/etc/alertmanager/secrets"]
    if trusted := os.environ.get(CA_VARIABLE):
        inside = "/etc/prometheus/trusted.pem"
        mount = {"type": "bind", "source": trusted, "target": inside, "read_only": True}
        parts.setdefault("prometheus", {}).update({"volumes": [mount], "environment": {CA_VARIABLE: inside}})
    hosts = f"{HOST}:{ports['console']}"
    parts["console"]["environment"] = {
        "CONSOLE_ADMIN": admin[0],
        "CONSOLE_ADMIN_PASSWORD": admin[1],
        "CONSOLE_HOSTS": hosts,
    }
    for service in services:
        parts[service.name] = _service(service, ports[service.name], known=service.name in known)
    # JSON is YAML; a dollar sign would begin a variable.
    return json.dumps({"services": parts}, indent=1).replace("$", "$$")


def _service(service: ContainerService, host_port: int, *, known: bool) -> dict[str, Any]:
    part: dict[str, Any] = {
        "ports": [f"{HOST}:{host_port}:{service.port}"],
        "environment": dict(service.env),
    }
    if service.image:
        part["image"] = service.image
    if service.command:
        part["command"] = list(service.command)
    if not known:
        if service.build:
            part["build"] = str(service.build)
        part["networks"] = ["monitoring"]
        part["labels"] = dict(service.labels)
        part["volumes"] = [
            {"type": "bind", "source": str(source), "target": target} for target, source in service.mounts.items()
        ]
    return part
