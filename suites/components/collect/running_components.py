"""What can be seen of any one component: its release, its sockets, its clock, the settings in use."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

from stack.backends.base import RunningStack
from stack.clients.alertmanager import AlertmanagerClient, AlertmanagerError
from stack.components import COMPONENTS
from stack.records.config.effective import EffectiveConfig, Setting, at, leaves, varies
from stack.records.config.release import RunningRelease
from stack.records.live.components import ClockSkew, Listeners
from stack.text.yaml_text import read_mapping
from suites.components.collect.files import shown
from suites.core.evidence import NotEvaluated

TIMEOUT_S = 5.0
ALERTMANAGER = "alertmanager/alertmanager.yml"
NO_FILES = NotEvaluated("the files of this stack are not known; name their folder under `files` in the target file")


@dataclass(frozen=True)
class LiveStack:
    """A running stack and what it is held against.

    `config_dir` holds the files it was started from, None where they are not known (somebody else's stack). `jobs`
    are the Prometheus jobs, `logging` the names of the services that this run expects. `health` says of every
    component why it does not work, as `RunningStack.health` does.
    """

    stack: RunningStack
    http: httpx.AsyncClient
    config_dir: Path | None
    today: date
    health: Mapping[str, str | None]
    jobs: tuple[str, ...] = ()
    logging: tuple[str, ...] = ()

    def missing(self, name: str) -> NotEvaluated | None:
        """Say why a component cannot be asked; None where it answers."""
        component = self.stack.components.get(name)
        if component is None:
            return NotEvaluated(f"{name} is not part of this run", applies=False)
        if component.provenance in ("absent", "embedded"):
            return NotEvaluated(f"there is no real {name}: {component.detail}")
        problem = self.health.get(name)
        return NotEvaluated(f"because {name} does not work: {_short(problem)}") if problem else None


def _short(problem: str) -> str:
    """A problem without the log lines that follow it: the readiness of the component shows them."""
    return problem.splitlines()[0].partition("; its last log lines")[0]


def release(live: LiveStack, name: str) -> list[RunningRelease] | NotEvaluated:
    """Which release of a component runs, beside the pinned one."""
    missing, component = live.missing(name), live.stack.components.get(name)
    if missing or component is None:
        return missing or NotEvaluated(f"{name} is not part of this run", applies=False)
    if component.version is None:
        return NotEvaluated(f"{name} does not tell its version")
    return [RunningRelease(name, component.version, COMPONENTS[name].tag, live.today, component.detail)]


def listeners(live: LiveStack, name: str) -> list[Listeners] | NotEvaluated:
    """On which addresses a component can be reached."""
    missing = live.missing(name)
    if missing:
        return missing
    addresses = live.stack.listening(name)
    if addresses is None:
        return NotEvaluated(f"from here it cannot be seen on which addresses {name} listens")
    return [Listeners(name, addresses)]


async def clock(live: LiveStack, name: str) -> list[ClockSkew] | NotEvaluated:
    """How far a component's clock is from ours, by the date of one answer."""
    if name not in ClockSkew.judged_components:
        return NotEvaluated(f"{name} dates no answer", applies=False)
    missing, url = live.missing(name), live.stack.endpoint(name)
    if missing or url is None:
        return missing or NotEvaluated(f"it is not known where {name} is")
    asked = time.time()
    try:
        answer = await live.http.get(f"{url}{COMPONENTS[name].ready_path}", timeout=TIMEOUT_S)
        dated = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except httpx.HTTPError as silent:
        return NotEvaluated(f"{name} does not answer: {silent or type(silent).__name__}")
    except (KeyError, ValueError):
        return NotEvaluated(f"{name} does not date its answers")
    return [ClockSkew.measured(name, dated, asked, time.time())]


async def alertmanager_config(live: LiveStack) -> list[EffectiveConfig] | NotEvaluated:
    """Alertmanager's file beside the configuration it uses."""
    missing, url = live.missing("alertmanager"), live.stack.endpoint("alertmanager")
    if missing or url is None:
        return missing or NotEvaluated("it is not known where Alertmanager is")
    if live.config_dir is None:
        return NO_FILES
    file = shown(live.config_dir, ALERTMANAGER)
    try:
        document = read_mapping((live.config_dir / ALERTMANAGER).read_text(encoding="utf-8"))
        used: Any = yaml.safe_load(await AlertmanagerClient(url, live.http).config())
    except AlertmanagerError as silent:
        return NotEvaluated(f"Alertmanager does not answer: {silent}")
    except (OSError, ValueError, yaml.YAMLError) as broken:
        return NotEvaluated(f"{file} cannot be compared: {broken}")
    settings = [
        Setting(".".join(map(str, path)), value, at(used, path), file, document.line(*path))
        for path, value in leaves(document.data)
        # Alertmanager shows secrets masked and durations its own way; texts that are folded may differ in spaces.
        if not varies(value) and at(used, path) != "<secret>"
    ]
    return [EffectiveConfig("alertmanager", tuple(settings))]
