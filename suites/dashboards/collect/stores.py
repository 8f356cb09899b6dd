"""Who can be asked for the data of dashboards in this run, and why not where nobody can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from stack.backends.base import RunningStack
from stack.clients.grafana import GrafanaClient
from stack.clients.range_queries import RangeClient, StoreKind
from stack.records.dashboards.datasource import ProvisionedDatasource
from suites.dashboards.collect.query_path import Source, Straight, ThroughGrafana, Way

KINDS: tuple[StoreKind, ...] = ("prometheus", "loki")


@dataclass(frozen=True)
class Stores:
    """The ways to each provisioned datasource by uid, or the reason why there is none.

    `grafana` is None where no Grafana runs that can be asked; `no_grafana` says why.
    """

    sources: Mapping[str, Source]
    ways: Mapping[str, Way] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    grafana: GrafanaClient | None = None
    no_grafana: str = ""


def stores_of(stack: RunningStack, provisioned: Sequence[ProvisionedDatasource], http: httpx.AsyncClient) -> Stores:
    """Find the ways to the provisioned datasources of a running stack."""
    sources = {item.uid: Source(item.uid, item.type, item.min_interval) for item in provisioned if item.uid}
    health = stack.health()
    endpoint, down = stack.endpoint("grafana"), health.get("grafana")
    client = None
    if endpoint and not down:
        client = GrafanaClient(endpoint, http, stack.credentials.get("grafana"))
    ways: dict[str, Way] = {}
    reasons: dict[str, str] = {}
    for uid, source in sources.items():
        missing = _why_not(stack, health, source.type)
        if missing:
            reasons[uid] = missing
        elif client is not None:
            ways[uid] = ThroughGrafana(client, source)
        else:
            ways[uid] = _straight(stack, source, http)
    no_grafana = f"because {down.splitlines()[0]}" if down else _absent(stack, "grafana")
    return Stores(sources, ways, reasons, client, no_grafana)


def _straight(stack: RunningStack, source: Source, http: httpx.AsyncClient) -> Way:
    kind = next(kind for kind in KINDS if kind == source.type)
    return Straight(RangeClient(kind, stack.endpoint(kind) or "", http), source)


def _why_not(stack: RunningStack, health: Mapping[str, str | None], kind: str) -> str:
    if kind not in KINDS:
        return f"datasources of type {kind} are not known to this suite"
    if kind == "loki" and stack.embedded_logs is not None:
        return "the stand-in for Loki answers no queries of panels; docs/real-servers.md says how to get the real one"
    if down := health.get(kind):
        return f"because {kind} is not ready: {down.splitlines()[0]}"
    return "" if stack.endpoint(kind) else _absent(stack, kind)


def _absent(stack: RunningStack, name: str) -> str:
    component = stack.components.get(name)
    return f"there is no {name}: {component.detail}" if component else f"the stack has no {name}"
