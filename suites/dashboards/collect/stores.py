"""How the datasources of dashboards are queried in this run, or why they are not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from stack.backends.base import RunningStack
from stack.clients.grafana import GrafanaClient
from stack.clients.loki import LokiClient
from stack.clients.prometheus import PrometheusClient
from stack.components import COMPONENTS
from stack.records.dashboards.datasource import ProvisionedDatasource
from suites.core.evidence import NotEvaluated
from suites.dashboards.collect.query_path import Direct, QueryPath, Source, ThroughGrafana

CLIENTS = {"prometheus": PrometheusClient, "loki": LokiClient}
"""The types of datasource that can be queried."""


@dataclass(frozen=True)
class Stores:
    """How each provisioned datasource is queried, by uid, or the reason why it is not.

    `grafana` is None where no Grafana answers; `no_grafana` is the reason.
    """

    sources: Mapping[str, Source]
    paths: Mapping[str, QueryPath] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    grafana: GrafanaClient | None = None
    no_grafana: NotEvaluated = field(default_factory=lambda: NotEvaluated(""))
    provisioned: Sequence[ProvisionedDatasource] = ()
    unscraped: Mapping[str, str] = field(default_factory=dict)
    """Why nothing exposes the metrics that begin so, by that beginning (`loki_`): their component does not run here."""

    def uid_of(self, reference: str, kind: str) -> str:
        """The uid that a reference means: looked up by uid, then by name; without one the default, of its type."""
        if reference and reference != "default":
            return next((one.uid for one in self.provisioned if reference == one.name), reference)
        of_kind = [one for one in self.provisioned if not kind or one.type == kind]
        return next((one.uid for one in sorted(of_kind, key=lambda one: not one.default) if kind or one.default), "")


def stores_of(stack: RunningStack, provisioned: Sequence[ProvisionedDatasource], http: httpx.AsyncClient) -> Stores:
    """Find how to query the provisioned datasources of a running stack."""
    sources = {item.uid: Source(item.uid, item.type, item.min_interval) for item in provisioned if item.uid}
    health = stack.health()
    endpoint, down = stack.endpoint("grafana"), health.get("grafana")
    client = None
    if endpoint and not down:
        client = GrafanaClient(endpoint, http, stack.credentials.get("grafana"))
    paths: dict[str, QueryPath] = {}
    reasons: dict[str, str] = {}
    for uid, source in sources.items():
        missing = _missing(stack, health, source.type)
        if missing:
            reasons[uid] = missing
        elif client is not None:
            paths[uid] = ThroughGrafana(client, source)
        else:
            paths[uid] = Direct(CLIENTS[source.type](stack.endpoint(source.type) or "", http))
    no_grafana = NotEvaluated(_absent(stack, "grafana"))
    if down:
        no_grafana = NotEvaluated(f"because {down.splitlines()[0]}", because_of="grafana")
    return Stores(sources, paths, reasons, client, no_grafana, provisioned, _unscraped(stack))


def _unscraped(stack: RunningStack) -> dict[str, str]:
    """The metrics of components that this run has no real server of."""
    return {
        f"{name.partition('-')[0]}_": f"{name} is no real server here, so nothing exposes its metrics"
        for name in COMPONENTS
        if stack.endpoint(name) is None
    }


def _missing(stack: RunningStack, health: Mapping[str, str | None], kind: str) -> str:
    if kind not in CLIENTS:
        return f"datasources of type {kind} are not known to this suite"
    if kind == "loki" and stack.embedded_logs is not None:
        return "the stand-in for Loki answers no queries of panels; docs/real-servers.md says how to get the real one"
    if down := health.get(kind):
        return f"because {kind} is not ready: {down.splitlines()[0]}"
    return "" if stack.endpoint(kind) else _absent(stack, kind)


def _absent(stack: RunningStack, name: str) -> str:
    component = stack.components.get(name)
    return f"there is no {name}: {component.detail}" if component else f"the stack has no {name}"
