"""The stack as processes on this machine, on loopback and ephemeral ports, with the shipped configuration files.

Real servers come from `--servers DIR`, `make servers` or PATH. Where Loki or Promtail is missing, both are replaced by
the embedded stand-ins, because the stand-ins of store and agent speak only to each other.
"""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from stack.backends.base import Component, EmbeddedFactory, StackPlan, TargetGroup, UntilStopped
from stack.backends.local.context import LOKI_GRPC, ComponentContext
from stack.backends.local.recipes import launch, spec
from stack.backends.ports import Ports, address_of, sockets_of
from stack.backends.process import ComponentFailed, Running, start
from stack.backends.target_files import write_targets
from stack.backends.versions import version_of
from stack.components import AGENTS, COMPONENTS, SYSTEM, instance_of
from stack.servers.find import find_binary, why_absent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stack.embedded.stack import EmbeddedLogs

DELIVERY = tuple(name for name, info in COMPONENTS.items() if info.stand_in)

SIGN_IN = {name: info.user for name, info in COMPONENTS.items() if info.user and name != "redis"}
"""The user by component; each run has passwords of its own. Redis requires one in containers only."""


class LocalBackend:
    """Starts the components of a plan as local processes; `embedded` makes the stand-in (default: `stack.embedded`)."""

    name = "local"

    def __init__(self, embedded: EmbeddedFactory | None = None) -> None:
        self._embedded = embedded or _shipped_stand_in

    def start(self, plan: StackPlan) -> LocalStack:
        """Start everything at once and wait until all is ready; see `Backend.start`."""
        stack = LocalStack(plan)
        try:
            stack.launch(self._embedded)
        except BaseException:
            stack.stop()
            raise
        return stack


class LocalStack(UntilStopped):
    """A stack of local processes and stand-ins."""

    def __init__(self, plan: StackPlan) -> None:
        self.components: dict[str, Component] = {}
        self._plan = plan
        self._ports = Ports()
        # A port for each, also for what is absent: configurations name their peers in any case.
        self._endpoints = {name: address_of(name, self._ports.take()) for name in (*COMPONENTS, LOKI_GRPC)}
        self.credentials = {name: (user, secrets.token_urlsafe(18)) for name, user in SIGN_IN.items()}
        self._present: frozenset[str] = frozenset()
        self._processes: dict[str, Running] = {}
        self.embedded_logs: EmbeddedLogs | None = None
        self._problems: dict[str, str] = {}

    def launch(self, embedded: EmbeddedFactory) -> None:
        """Start the components of the plan; called once by the backend."""
        absent = {name: reason for name in self._plan.components if (reason := _why_not(name, self._plan))}
        # The stand-ins of agent and store speak only to each other, and there is none for another agent.
        other_agent = any(
            COMPONENTS[name].instead_of in DELIVERY for name in self._plan.components if name in COMPONENTS
        )
        lacking = [] if other_agent else [name for name in DELIVERY if name in absent]
        present = [name for name in self._plan.components if name not in absent]
        if lacking:
            present = [name for name in present if name not in DELIVERY]
        self._present = frozenset(present)
        if "console" in present:
            self.credentials["gateway"] = self.credentials["console"]  # there is one sign-in for both
        for name in present:
            self._start_process(name)
        for name in self._plan.components:
            if name in absent and not (lacking and name in DELIVERY):
                self._mark_absent(name, absent[name])
        if lacking:
            self._stand_in(embedded, "; ".join(dict.fromkeys(absent[name] for name in lacking)))
        self.set_targets(self._plan.targets)
        self._wait([name for name in self._processes if name not in self._plan.late])

    def settle(self) -> None:
        """Wait for the components that the start did not wait for."""
        self._wait([name for name in self._processes if name in self._plan.late])

    def endpoint(self, name: str) -> str | None:
        """Return a component's base URL, None where it is absent or not part of the plan."""
        component = self.components.get(name)
        return component.endpoint if component else None

    def process(self, name: str) -> Running:
        """Return a component's process, to kill or restart it.

        Raises:
            KeyError: the component is absent or embedded.

        """
        return self._processes[name]

    def health(self) -> dict[str, str | None]:
        """Say of every component that is not absent why it does not work now; None where it does."""
        with ThreadPoolExecutor(max(1, len(self._processes))) as pool:
            found = dict(zip(self._processes, pool.map(Running.problem, self._processes.values()), strict=True))
        embedded = {name: None for name, part in self.components.items() if part.provenance == "embedded"}
        return {**found, **embedded, **self._problems}

    def set_targets(self, targets: Mapping[str, Sequence[TargetGroup]]) -> None:
        """Replace the services that Prometheus scrapes; the stack's own components are always among them.

        Raises:
            ValueError: a job has the name of one of the stack's components.

        """
        if "prometheus" not in self._processes:
            return
        own = {
            name: [TargetGroup((url.rpartition("/")[2],), {**_own_labels(name), **_metrics_path(name)})]
            for name, url in self._endpoints.items()
            if name in self._processes and COMPONENTS[name].scraped
        }
        clash = sorted(own.keys() & targets.keys())
        if clash:
            raise ValueError(f"job `{clash[0]}` has the name of a component of the stack; rename the service")
        folder = self._plan.work_dir / "prometheus" / "config" / "targets"
        write_targets(folder, {**own, **targets})

    def listening(self, name: str) -> tuple[str, ...] | None:
        """Return the sockets of a component's processes; None where it has none here."""
        return sockets_of(self._processes[name].pid) if name in self._processes else None

    def stop(self) -> None:
        """End everything that was started; calling it again does nothing.

        Agents end first: one whose Loki is gone sends its last lines again and again until it is killed.
        """
        agents = [process for name, process in self._processes.items() if name in AGENTS]
        others = [process for name, process in self._processes.items() if name not in AGENTS]
        for together in filter(None, (agents, others)):
            with ThreadPoolExecutor(len(together)) as pool:
                list(pool.map(Running.stop, together))
        self._ports.close()

    def _context(self, name: str, program: Path | None = None) -> ComponentContext:
        home = self._plan.work_dir.absolute() / name
        return ComponentContext(self._plan, name, home, self._endpoints, self._present, self.credentials, program)

    def _start_process(self, name: str) -> None:
        binary = find_binary(name)
        if binary is None:  # it was there a moment ago
            self._mark_absent(name, why_absent(name))
            return
        endpoint = self._endpoints[name] + COMPONENTS[name].sub_path
        self.components[name] = Component(name, "native", binary.version, endpoint, binary.source)
        try:
            self._processes[name] = start(spec(self._context(name, binary.path)))
        except ComponentFailed as error:
            self._problems[name] = str(error)
            self.components[name] = replace(self.components[name], detail=str(error))

    def _stand_in(self, embedded: EmbeddedFactory, why: str) -> None:
        """Let the stand-in serve for both agent and store, as far as the plan wants them."""
        from stack.embedded.refusal import ConfigError, NotSimulated

        wanted = [name for name in DELIVERY if name in self._plan.components]
        agent, store = self._context("promtail"), self._context("loki")
        variables = {**launch(store).environment, **launch(agent).environment}
        try:
            self.embedded_logs = embedded(agent.config, store.config, variables)
        except (NotSimulated, OSError) as error:
            for name in wanted:
                self._mark_absent(name, f"{why}; and there is no stand-in: {error}")
            return
        except ConfigError as error:
            self._problems.update(dict.fromkeys(wanted, str(error)))
        for name in wanted:
            self.components[name] = Component(name, "embedded", detail=self._problems.get(name, why))

    def _mark_absent(self, name: str, detail: str) -> None:
        self.components[name] = Component(name, "absent", detail=detail)

    def _wait(self, names: Sequence[str]) -> None:
        if not names:
            return
        with ThreadPoolExecutor(len(names)) as pool:
            list(pool.map(self._wait_for, names))

    def _wait_for(self, name: str) -> None:
        try:
            self._processes[name].wait_ready(self._plan.ready_timeout_s)
        except ComponentFailed as error:
            self.components[name] = replace(self.components[name], detail=str(error))
            return
        stated = version_of(name, self.components[name].endpoint or "")
        if stated:
            self.components[name] = replace(self.components[name], version=stated)


def _own_labels(name: str) -> dict[str, str]:
    """Return the labels that the streams of its log have, too."""
    return {"system": SYSTEM, "service": name, "instance": instance_of(name)}


def _metrics_path(name: str) -> dict[str, str]:
    """Return the target label that says where the metrics of a component are, if it is served below a path."""
    path = COMPONENTS[name].sub_path
    return {"__metrics_path__": f"{path}/metrics"} if path else {}


def _why_not(name: str, plan: StackPlan) -> str | None:
    """Say why a component cannot run as a local process, None if it can."""
    if name not in COMPONENTS or not COMPONENTS[name].recipe:
        return f"the local backend cannot run {name}; start a container engine, or attach to a running stack"
    if find_binary(name) is None:
        return why_absent(name)
    config = plan.config_dir / COMPONENTS[name].config_file
    if COMPONENTS[name].config_file and not config.is_file():
        return f"its configuration file {config} is missing"
    return None


def _shipped_stand_in(promtail_config: Path, loki_config: Path, environment: Mapping[str, str], /) -> EmbeddedLogs:
    """Make our own stand-in, imported at first use: the real servers do not need it."""
    from stack.embedded.stack import EmbeddedLogs

    return EmbeddedLogs(promtail_config, loki_config, environment)
