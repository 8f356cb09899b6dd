"""The stack as processes on this machine, on loopback and ephemeral ports, with the shipped configuration files.

Real servers come from `make servers` or PATH. Where Loki or Promtail is missing, both are replaced by the embedded
stand-ins, because the stand-ins of store and agent speak only to each other.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from stack.backends.base import Component, EmbeddedFactory, EmbeddedServer, StackPlan, TargetGroup
from stack.backends.ports import Ports
from stack.backends.process import ComponentFailed, Running, start
from stack.backends.recipes import CONFIG_FILES, LOKI_GRPC, RECIPES, Site, address_of, environment, spec, write_targets
from stack.backends.versions import version_of
from stack.components import find_binary, why_absent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

DELIVERY = ("loki", "promtail")


class LocalBackend:
    """Starts the components of a plan as local processes; `embedded` starts stand-ins (default: `stack.embedded`)."""

    name = "local"

    def __init__(self, embedded: EmbeddedFactory | None = None) -> None:
        self._embedded = embedded or _shipped_stand_ins()

    def start(self, plan: StackPlan) -> LocalStack:
        """Start everything at once and wait until all is ready; see `Backend.start`."""
        stack = LocalStack(plan)
        try:
            stack.launch(self._embedded)
        except BaseException:
            stack.stop()
            raise
        return stack


class LocalStack:
    """A stack of local processes and stand-ins."""

    def __init__(self, plan: StackPlan) -> None:
        self.components: dict[str, Component] = {}
        self._plan = plan
        self._ports = Ports()
        # A port for each, also for what is absent: configurations name their peers in any case.
        self._endpoints = {name: address_of(name, self._ports.take()) for name in (*RECIPES, LOKI_GRPC)}
        self._present: frozenset[str] = frozenset()
        self._processes: dict[str, Running] = {}
        self._stand_ins: dict[str, EmbeddedServer] = {}
        self._not_started: dict[str, str] = {}

    def launch(self, embedded: EmbeddedFactory) -> None:
        """Start the components of the plan; called once by the backend."""
        absent = {name: reason for name in self._plan.components if (reason := _why_not(name, self._plan))}
        lacking = [name for name in DELIVERY if name in absent]
        present = [name for name in self._plan.components if name not in absent]
        if lacking:
            present = [name for name in present if name not in DELIVERY]
        self._present = frozenset(present)
        for name in present:
            self._start_process(name)
        for name in self._plan.components:
            if lacking and name in DELIVERY:
                self._start_stand_in(name, embedded, "; ".join(absent[missing] for missing in lacking))
            elif name in absent:
                self._mark_absent(name, absent[name])
        self.set_targets(self._plan.targets)
        self._wait()

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
        found.update({name: stand_in.reason() for name, stand_in in self._stand_ins.items()})
        return {**found, **self._not_started}

    def set_targets(self, targets: Mapping[str, Sequence[TargetGroup]]) -> None:
        """Replace the services that Prometheus scrapes; the stack's own components are always among them.

        Raises:
            ValueError: a job has the name of one of the stack's components.

        """
        if "prometheus" not in self._processes:
            return
        own = {
            name: [TargetGroup((url.rpartition("/")[2],), {"system": "monitoring", "service": name})]
            for name, url in self._endpoints.items()
            if name in self._processes and url.startswith("http")
        }
        clash = sorted(own.keys() & targets.keys())
        if clash:
            raise ValueError(f"job `{clash[0]}` has the name of a component of the stack; rename the service")
        folder = self._plan.work_dir / "prometheus" / "config" / "targets"
        write_targets(folder, {**own, **targets})

    def stop(self) -> None:
        """End everything that was started; calling it again does nothing."""
        for stand_in in self._stand_ins.values():
            stand_in.stop()
        if self._processes:
            with ThreadPoolExecutor(len(self._processes)) as pool:
                list(pool.map(Running.stop, self._processes.values()))
        self._ports.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _site(self, name: str) -> Site:
        return Site(self._plan, name, self._plan.work_dir.absolute() / name, self._endpoints, self._present)

    def _start_process(self, name: str) -> None:
        binary = find_binary(name)
        if binary is None:  # it was there a moment ago
            self._mark_absent(name, why_absent(name))
            return
        self.components[name] = Component(name, "native", binary.version, self._endpoints[name], binary.source)
        try:
            self._processes[name] = start(spec(self._site(name), binary.path))
        except ComponentFailed as error:
            self._not_started[name] = str(error)
            self.components[name] = replace(self.components[name], detail=str(error))

    def _start_stand_in(self, name: str, embedded: EmbeddedFactory, why: str) -> None:
        site = self._site(name)
        config: Path = site.config
        made = embedded(name, config, environment(site), site.data()) if config.is_file() else None
        if made is None:
            self._mark_absent(name, f"{why}; and there is no stand-in for it")
            return
        self._stand_ins[name] = made
        self.components[name] = Component(name, "embedded", made.version, made.endpoint, why)

    def _mark_absent(self, name: str, detail: str) -> None:
        self.components[name] = Component(name, "absent", detail=detail)

    def _wait(self) -> None:
        if not self._processes:
            return
        with ThreadPoolExecutor(len(self._processes)) as pool:
            list(pool.map(self._wait_for, self._processes))

    def _wait_for(self, name: str) -> None:
        try:
            self._processes[name].wait_ready(self._plan.ready_timeout_s)
        except ComponentFailed as error:
            self.components[name] = replace(self.components[name], detail=str(error))
            return
        stated = version_of(name, self._endpoints[name])
        if stated:
            self.components[name] = replace(self.components[name], version=stated)


def _why_not(name: str, plan: StackPlan) -> str | None:
    """Say why a component cannot run as a local process, None if it can."""
    if name not in RECIPES:
        return f"the local backend cannot run {name}; start a container engine, or attach to a running stack"
    if find_binary(name) is None:
        return why_absent(name)
    if name in CONFIG_FILES and not (plan.config_dir / CONFIG_FILES[name]).is_file():
        return f"its configuration file {plan.config_dir / CONFIG_FILES[name]} is missing"
    return None


def _shipped_stand_ins() -> EmbeddedFactory:
    """Return the starter of our stand-ins, imported at first use: the real servers do not need them."""

    def start_stand_in(name: str, config: Path, env: Mapping[str, str], work_dir: Path) -> EmbeddedServer | None:
        from stack.embedded import start_embedded

        made: EmbeddedServer | None = start_embedded(name, config, env, work_dir)
        return made

    return start_stand_in
