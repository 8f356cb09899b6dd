"""The container engine, through its own client: is there one, does it answer, is it new enough, and one call to it.

Everything goes through the `docker` program, so that its contexts, credentials and plugins hold here as they do on
the reader's command line. Podman is reached the same way, by its Docker-compatible socket.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CALL_S = 120.0
ANSWER_S = 30.0
"""How long an engine may take to say its version: one that has just been woken takes seconds."""

API = (1, 41)
COMPOSE = (2, 20)
"""The oldest versions that the stack is deployed with: Engine 20.10 and compose plugin 2.20, see docs/deploy.md."""

WITHOUT = "or run the stack without containers: --stack local"
HERE = ("unix", "npipe", "fd", "")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class EngineError(Exception):
    """The engine cannot do what is asked of it; the text says what, and what the reader can do."""


@dataclass(frozen=True)
class Engine:
    """A container engine that answers. `host` is its address as the client names it, `unix:///var/run/docker.sock`."""

    client: str
    host: str
    version: str
    compose: str
    podman: bool = False

    @property
    def socket(self) -> str | None:
        """The path of its Unix socket, None where it is reached otherwise."""
        return self.host.removeprefix("unix://") if self.host.startswith("unix://") else None

    def call(self, *arguments: str) -> str:
        """Return what `docker <arguments>` prints.

        Raises:
            EngineError: it failed, with the client's last words, or did not end in time.

        """
        done = run(self.client, *arguments)
        if done.returncode:
            raise EngineError(f"`docker {' '.join(arguments)}`: {last_words(done)}")
        return done.stdout


def run(
    client: str, *arguments: str, timeout_s: float = CALL_S, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the client; one that cannot be run or does not end in time is a failure with the reason on `stderr`."""
    try:
        return subprocess.run(  # noqa: S603  # the reader's own docker client
            [client, *arguments],
            cwd=cwd,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(arguments, 124, "", f"no answer within {timeout_s:g} s")
    except OSError as broken:
        return subprocess.CompletedProcess(arguments, 127, "", str(broken))


def last_words(done: subprocess.CompletedProcess[str]) -> str:
    """The last line that says something, errors first; compose's own progress marks are no words."""
    for stream in (done.stderr, done.stdout):
        lines = [line.strip() for line in stream.splitlines() if line.strip()]
        if lines:
            return lines[-1]
    return f"exit code {done.returncode}"


def find_engine(answer_s: float = ANSWER_S) -> Engine:
    """Find the engine that the docker client uses, and see that the stack can run on it.

    Raises:
        EngineError: no client, no answer within `answer_s` seconds, an engine elsewhere, or something too old.

    """
    client = shutil.which("docker")
    if client is None:
        raise EngineError(_no_client())
    host = _host(client)
    _check_here(host)
    said = _versions(client, host, answer_s)
    server = said.get("Server") or {}
    podman = any("podman" in str(part.get("Name", "")).lower() for part in server.get("Components") or ())
    version = str(server.get("Version", ""))
    if _numbers(str(server.get("ApiVersion", ""))) < API:
        raise EngineError(
            f"the engine at {host} is too old: {version} speaks API {server.get('ApiVersion')}, the stack needs "
            f"{'.'.join(map(str, API))} (Docker Engine 20.10, Podman 4); upgrade it, {WITHOUT}"
        )
    return Engine(client, host, version, _compose(client), podman)


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """The environment for a call that reads the compose file: ours, without what would lead compose elsewhere."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COMPOSE_")}
    return {**inherited, "COMPOSE_ANSI": "never", "COMPOSE_PROGRESS": "plain", "COMPOSE_PROFILES": "", **own}


def _no_client() -> str:
    podman = ""
    if shutil.which("podman"):
        podman = "; Podman serves as well, by its socket: install the docker client and set DOCKER_HOST to that socket"
    return f"there is no `docker` client on PATH: install Docker Engine and its compose plugin{podman}, {WITHOUT}"


def _host(client: str) -> str:
    """Where the client looks for its engine: by its context, which minds DOCKER_HOST."""
    asked = run(client, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}", timeout_s=ANSWER_S)
    found = asked.stdout.strip() if asked.returncode == 0 else ""
    return found or os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"


def _check_here(host: str) -> None:
    parts = urlsplit(host)
    if parts.scheme in HERE or (parts.scheme in ("tcp", "http", "https") and parts.hostname in LOOPBACK):
        return
    raise EngineError(
        f"the engine at {host} is on another machine: its containers cannot read the files of this checkout, nor be "
        "reached on loopback; use an engine of this machine (unset DOCKER_HOST, or `docker context use default`), "
        f"start the stack there and run --stack attached, {WITHOUT}"
    )


def _versions(client: str, host: str, answer_s: float) -> dict[str, Any]:
    asked = run(client, "version", "--format", "{{json .}}", timeout_s=answer_s)
    if asked.returncode:
        why = last_words(asked)
        fix = "start Docker"
        if "permission denied" in why.lower():
            fix = "let this user in (`sudo usermod -aG docker $USER`, then sign in again)"
        raise EngineError(f"no container engine answers at {host}: {why}; {fix}, or set DOCKER_HOST, {WITHOUT}")
    try:
        said: dict[str, Any] = json.loads(asked.stdout)
    except ValueError:
        said = {}
    if not isinstance(said, dict) or not isinstance(said.get("Server"), dict):
        raise EngineError(
            f"what answers at {host} does not speak as a container engine: {asked.stdout.strip()[:200]!r}; "
            f"start Docker, or set DOCKER_HOST, {WITHOUT}"
        )
    return said


def _compose(client: str) -> str:
    """The version of the compose plugin."""
    asked = run(client, "compose", "version", "--short", timeout_s=ANSWER_S)
    wanted = ".".join(map(str, COMPOSE))
    if asked.returncode:
        raise EngineError(
            f"the docker client has no compose plugin (`docker compose version`: {last_words(asked)}); install "
            f"version {wanted} or newer, see https://docs.docker.com/compose/install/linux/, {WITHOUT}"
        )
    version = asked.stdout.strip().removeprefix("v")
    if _numbers(version) < COMPOSE:
        raise EngineError(
            f"the compose plugin is too old: {version or 'it tells no version'}, {wanted} is needed; upgrade it, see "
            f"https://docs.docker.com/compose/install/linux/, {WITHOUT}"
        )
    return version


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
