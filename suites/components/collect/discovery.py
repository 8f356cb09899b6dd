"""What Consul, Docker and Kubernetes say of an attached stack's services, each beside the catalog."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import httpx

from fixtures.service import Service
from stack.backends.attached.target_file import SOURCES, Source, TargetFile
from stack.clients.service_discovery import ConsulClient, DiscoveryError, DockerClient, KubernetesClient
from stack.components import COMPONENTS
from stack.records.live.discovery import TITLES, DeclaredServices, DiscoveredServices, SeenService
from suites.core.evidence import NotEvaluated
from suites.core.health import unanswered
from suites.core.running_service import stream_labels

Found = dict[str, dict[type, Any]]
"""Records, or why there are none, by source and type."""


async def discovered(target: TargetFile | None, listed: Iterable[Service], http: httpx.AsyncClient) -> Found:
    """Ask every source that a target file names; never raises for what they do."""
    asked = target.discovery if target else {}
    answers = dict(zip(asked, await asyncio.gather(*(_ask(*one, http) for one in asked.items())), strict=True))
    found: Found = {name: _unnamed(name, attached=target is not None) for name in SOURCES}
    if target is None or not answers:
        return found
    services = [_names(service, target) for service in listed]
    components = {name for one in target.named for name in (one, target.jobs.get(one, ""))}
    known = tuple(sorted({*sum(services, ()), *_lower((*COMPONENTS, *components, *target.other_jobs))}))
    for name, answer in answers.items():
        seen = answer if isinstance(answer, NotEvaluated) else [DiscoveredServices(name, answer, known)]
        found[name][DiscoveredServices] = seen
    # What is missing is missing in all sources, and reported once: under the first.
    first, *others = answers
    found[first][DeclaredServices] = _declared(tuple(services), answers)
    for name in others:
        found[name][DeclaredServices] = NotEvaluated(f"it is judged together with {TITLES[first]}", applies=False)
    return found


async def _ask(name: str, source: Source, http: httpx.AsyncClient) -> tuple[SeenService, ...] | NotEvaluated:
    try:
        if name == "kubernetes":
            return await KubernetesClient(source.url, http).services(source.namespaces)
        return await (ConsulClient if name == "consul" else DockerClient)(source.url, http).services()
    except DiscoveryError as silent:
        return unanswered(f"{TITLES[name]} does not say which services there are: {silent}", name, silent)


def _unnamed(name: str, *, attached: bool) -> dict[type, Any]:
    why = f"the target file names no `{name}` under `discovery`" if attached else "its services are those of the run"
    return dict.fromkeys((DiscoveredServices, DeclaredServices), NotEvaluated(why, applies=False))


def _declared(
    services: tuple[tuple[str, ...], ...], answers: dict[str, tuple[SeenService, ...] | NotEvaluated]
) -> Sequence[DeclaredServices] | NotEvaluated:
    observed: set[str] = set()
    for answer in answers.values():
        if isinstance(answer, NotEvaluated):
            return answer
        observed.update(_lower(name for one in answer for name in one.names))
    return [DeclaredServices(services, tuple(sorted(observed)), tuple(answers))]


def _names(service: Service, target: TargetFile) -> tuple[str, ...]:
    """What a service may be called where it is discovered: by its name, its job, or the label of its logs."""
    label = stream_labels(service, target).get(target.service_label or "service", "")
    return tuple(dict.fromkeys(_lower(name for name in (service.name, service.metrics.job, label) if name)))


def _lower(names: Iterable[str]) -> Iterable[str]:
    return (name.lower() for name in names)
