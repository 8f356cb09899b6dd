"""What can be seen of any one component: its release, its sockets, its clock, the settings in use."""

import asyncio
import time
from datetime import date
from email.utils import parsedate_to_datetime
from itertools import count

import httpx

from stack.clients.alertmanager import AlertmanagerClient, AlertmanagerError
from stack.components import COMPONENTS
from stack.eventually import Patience
from stack.records.alerts.labels import with_plain_matchers
from stack.records.config.effective import EffectiveConfig, Setting, at, leaves, varies
from stack.records.config.release import RunningRelease
from stack.records.live.components import ClockSkew, Listeners
from stack.text.yaml_text import read_mapping
from suites.core.evidence import NotEvaluated
from suites.core.health import unanswered
from suites.core.inspected_stack import InspectedStack
from suites.core.stack_files import NO_FILES, compose_services, display_path

TIMEOUT_S = 20.0
TRIES, SOON_S = 3, 0.5
"""A clock is asked again where the answer came too late to tell its time (the first one takes a connection, too), …"""
OFF_S, NEXT_S = 6.0, 0.5
"""… and where it is off: servers note the time once a second, and on a busy machine seconds later, for all answers."""
ALERTMANAGER = "alertmanager/alertmanager.yml"


def release(stack: InspectedStack, name: str, today: date) -> list[RunningRelease] | NotEvaluated:
    """Which release of a component runs, beside the pinned one."""
    missing, component = stack.missing(name), stack.stack.components.get(name)
    if missing or component is None:
        return missing or NotEvaluated(f"{name} is not part of this run", applies=False)
    if component.version is None:
        return NotEvaluated(f"{name} does not tell its version")
    pinned = COMPONENTS[name].tag if component.provenance != "attached" else _pinned(stack, name)
    return [RunningRelease(name, component.version, pinned, today, component.detail)]


def _pinned(stack: InspectedStack, name: str) -> str:
    """The release that the files of an attached stack pin, empty where they pin none."""
    services = compose_services(stack.config_dir)
    service = None if isinstance(services, NotEvaluated) else services.get(name)
    return service.image.rpartition("/")[2].partition(":")[2].partition("@")[0] if service else ""


def listeners(stack: InspectedStack, name: str) -> list[Listeners] | NotEvaluated:
    """On which addresses a component can be reached."""
    missing = stack.missing(name)
    if missing:
        return missing
    addresses = stack.stack.listening(name)
    if addresses is None:
        return NotEvaluated(f"from here it cannot be seen on which addresses {name} listens")
    return [Listeners(name, addresses)]


async def clock(stack: InspectedStack, name: str) -> list[ClockSkew] | NotEvaluated:
    """How far a component's clock is from ours, by the date of one answer."""
    if name not in ClockSkew.judged_components:
        return NotEvaluated(f"{name} dates no answer", applies=False)
    url = stack.endpoint(name)
    if isinstance(url, NotEvaluated):
        return url
    try:
        tries, patience = count(1), Patience(OFF_S)
        while True:
            asked = time.time()
            answer = await stack.http.get(f"{url}{COMPONENTS[name].ready_path}", timeout=TIMEOUT_S)
            dated = parsedate_to_datetime(answer.headers["date"]).timestamp()
            measured = ClockSkew.measured(name, dated, asked, time.time())
            if measured.proven and patience.left() > 0:
                await asyncio.sleep(NEXT_S)
            elif measured.proven or measured.took_s < SOON_S or next(tries) >= TRIES:
                break
    except httpx.HTTPError as silent:
        return NotEvaluated(f"{name} does not answer: {silent or type(silent).__name__}", because_of=name)
    except (KeyError, ValueError):
        return NotEvaluated(f"{name} does not date its answers")
    return [measured]


async def alertmanager_config(stack: InspectedStack) -> list[EffectiveConfig] | NotEvaluated:
    """Alertmanager's file beside the configuration it uses."""
    url = stack.endpoint("alertmanager")
    if isinstance(url, NotEvaluated):
        return url
    if stack.config_dir is None:
        return NO_FILES
    file = display_path(stack.config_dir, ALERTMANAGER)
    try:
        document = read_mapping((stack.config_dir / ALERTMANAGER).read_text(encoding="utf-8"))
        used = with_plain_matchers(await AlertmanagerClient(url, stack.http).config())
    except AlertmanagerError as silent:
        return unanswered(f"Alertmanager does not answer: {silent}", "alertmanager", silent)
    except (OSError, ValueError) as broken:
        return NotEvaluated(f"{file} cannot be compared: {broken}")
    settings = [
        Setting(".".join(map(str, path)), value, at(used, path), file, document.line(*path))
        for path, value in leaves(with_plain_matchers(document.data))
        # Alertmanager shows secrets masked and durations its own way; texts that are folded may differ in spaces.
        if not varies(value) and at(used, path) != "<secret>"
    ]
    return [EffectiveConfig("alertmanager", tuple(settings))]
