"""One component's container, seen as the process that it is: ready, dead, its last log lines; to kill and restart."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stack.backends.containers.engine import Engine, EngineError, run
from stack.backends.process import SHOWN_LINES, ComponentFailed, shown_lines
from stack.eventually import eventually

FRESH_S = 0.5
"""How old an answer of the engine may be: waiting asks often, and of all containers at once."""

RESTARTS = 2
"""A server that the engine had to restart this often before it was ready will not become ready."""

State = Mapping[str, Any]


class States:
    """What the engine says of the containers of a run, asked for all of them at once."""

    def __init__(self, engine: Engine, containers: Sequence[str]) -> None:
        self._engine = engine
        self._containers = tuple(containers)
        self._lock = threading.Lock()
        self._asked = 0.0
        self._found: dict[str, State] = {}

    def of(self, container: str) -> State:
        """What `docker inspect` says of a container; empty where it is gone.

        Raises:
            EngineError: the engine does not answer.

        """
        with self._lock:
            if time.monotonic() - self._asked > FRESH_S:
                self._found = self._ask()
                self._asked = time.monotonic()
            return self._found.get(container, {})

    def stale(self) -> None:
        """Ask anew next time: something was changed."""
        with self._lock:
            self._asked = 0.0

    def _ask(self) -> dict[str, State]:
        done = run(self._engine.client, "inspect", "--type", "container", *self._containers)
        try:
            found = json.loads(done.stdout or "null")
        except ValueError:
            found = None
        if not isinstance(found, list) or (not found and "no such container" not in done.stderr.lower()):
            raise EngineError(f"the container engine at {self._engine.host} does not answer any more")
        return {str(each["Name"]).lstrip("/"): each for each in found}


class ContainerProcess:
    """A container of the run, by its name.

    The engine restarts it when it ends by itself, and not when it was killed from here.
    `ready` looks once and says what is missing until the server does its work.
    """

    def __init__(self, engine: Engine, states: States, name: str, container: str) -> None:
        self.name = name
        self.container = container
        self.ready: Callable[[], str] | None = None
        self._engine = engine
        self._states = states
        self._kept: Callable[[str, str], str] | None = None

    def keep_logs(self, keep: Callable[[str, str], str]) -> None:
        """Let `keep` put away the whole log of a container that did not start; it returns where."""
        self._kept = keep

    @property
    def id(self) -> str:
        """The engine's id of the container, empty where it is gone."""
        return str(self._states.of(self.container).get("Id", ""))

    @property
    def pid(self) -> int:
        """The process id on the engine's machine, 0 while it does not run."""
        return int(self._state().get("Pid", 0))

    @property
    def alive(self) -> bool:
        """Whether it runs now."""
        return self._state().get("Status") == "running"

    @property
    def exit_code(self) -> int | None:
        """The exit code, None while it runs."""
        return None if self.alive else int(self._state().get("ExitCode", 0))

    @property
    def published(self) -> tuple[str, ...]:
        """Where it can be reached from outside its network, as `host:port`."""
        settings = self._states.of(self.container).get("NetworkSettings", {})
        bindings = [binding for each in (settings.get("Ports") or {}).values() for binding in each or ()]
        return tuple(dict.fromkeys(f"{_address(one['HostIp'])}:{one['HostPort']}" for one in bindings))

    def reason(self) -> str | None:
        """Say why it is not running, or that it died and was restarted; None while all is well."""
        try:
            found = self._states.of(self.container)
        except EngineError as away:
            return f"{self.name}: {away}"
        state, restarts = found.get("State", {}), int(found.get("RestartCount", 0))
        if not found:
            return f"{self.name}: its container is gone"
        if state.get("Status") == "running" and not restarts:
            return None
        # While it runs again, the engine no longer knows the exit code.
        again = state.get("Status") == "running"
        why = f"{self.name} ended" if again else f"{self.name} ended with exit code {state.get('ExitCode', 0)}"
        if state.get("OOMKilled"):
            why += ", killed because it took more memory than the compose file allows"
        if state.get("Error"):
            why += f" ({state['Error']})"
        return f"{why}; the engine restarted it {restarts} times" if restarts else why

    def problem(self) -> str | None:
        """Look now: say why it does not do its work, None if it does."""
        try:
            self._states.of(self.container)
        except EngineError as away:
            return f"{self.name}: {away}"
        died = self.reason()
        if died:
            return f"{died}{self._excerpt()}"
        missing = self.ready() if self.ready else ""
        if not missing and (health := self._unhealthy()):
            return f"{self.name} answers, but its health check in the compose file fails: {health}"
        return f"{self.name} runs but is not ready: {missing}" if missing else None

    def log_tail(self) -> str:
        """The last lines that it wrote, output and errors together."""
        return self.log("--tail", str(SHOWN_LINES))

    def log(self, *options: str) -> str:
        """What it wrote."""
        try:
            done = subprocess.run(  # noqa: S603  # the client that the run found
                [self._engine.client, "logs", *options, self.container],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=120,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as broken:
            return f"(its log cannot be read: {broken})"
        return done.stdout.rstrip() if done.returncode == 0 else ""

    def execute(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program in it; one that cannot be run is a failure with the reason on `stderr`."""
        return run(self._engine.client, "exec", self.container, *arguments)

    def wait_ready(self, timeout_s: float = 60.0) -> None:
        """Wait until its ready check holds; returns at once where there is none.

        Raises:
            ComponentFailed: it died, the engine restarted it again and again, or it was not ready in time.

        """
        check = self.ready
        if check is None:
            return

        def probe() -> str:
            missing = check()
            if missing and (died := self._given_up()):
                raise ComponentFailed(f"{died} before it was ready{self._excerpt(keep=True)}")
            return missing

        try:
            eventually(probe, lambda missing: not missing, timeout_s, describe=f"{self.name} is ready")
        except TimeoutError as error:
            raise ComponentFailed(f"{error}{self._excerpt(keep=True)}") from error

    def kill(self) -> None:
        """End it at once, as a crash would; it stays down until `restart`."""
        self._engine.call("kill", self.container)
        self._states.stale()

    def stop(self, grace_s: float = 5.0) -> None:
        """End it: SIGTERM, then SIGKILL after `grace_s` seconds."""
        self._engine.call("stop", "--time", str(round(grace_s)), self.container)
        self._states.stale()

    def restart(self, timeout_s: float = 60.0) -> None:
        """Stop it if it runs, start it again with its data and at its address, and wait until it is ready.

        Raises:
            ComponentFailed: it did not come back.

        """
        try:
            self._engine.call("restart", "--time", "5", self.container)
        except EngineError as refused:
            raise ComponentFailed(f"{self.name} cannot be started again: {refused}") from refused
        self._states.stale()
        self.wait_ready(timeout_s)

    def _state(self) -> State:
        found: State = self._states.of(self.container).get("State", {})
        return found

    def _unhealthy(self) -> str:
        """What the health check said last, where the engine has given the container up; empty otherwise."""
        health = self._state().get("Health") or {}
        if health.get("Status") != "unhealthy":
            return ""
        said = " ".join(str((health.get("Log") or [{}])[-1].get("Output", "")).split())
        return said[:300] or "it says nothing"

    def _given_up(self) -> str | None:
        """Say why waiting is of no use: gone, ended for good, or restarted too often."""
        try:
            found = self._states.of(self.container)
        except EngineError as away:
            return str(away)
        running = found.get("State", {}).get("Status") in ("running", "created", "restarting")
        return None if running and int(found.get("RestartCount", 0)) < RESTARTS else self.reason()

    def _excerpt(self, *, keep: bool = False) -> str:
        tail = self.log_tail()
        if not tail:
            return "; it logged nothing"
        kept = f" (all of it: {self._kept(self.name, self.log())})" if keep and self._kept else ""
        return f"; its last log lines{kept}:\n{shown_lines(tail)}"


def _address(host: str) -> str:
    return f"[{host}]" if ":" in host else host or "0.0.0.0"  # noqa: S104  # what an empty binding means
