"""The running stack, seen once: what its servers say about themselves, and what a stranger finds at its doors.

Two halves: `first_look` needs nothing but the started stack and runs beside the observation of the services;
`last_look` comes after it, when targets were scraped and lines delivered.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from stack.clients.log_reader import LogReader, LogStoreError
from stack.clients.loki import LokiClient
from stack.clients.prometheus import PrometheusClient
from stack.components import COMPONENTS
from stack.records.alerts.running import AlertmanagerDiscovery, LoadedRules
from stack.records.config.effective import ConfigCheck, EffectiveConfig
from stack.records.config.release import RunningRelease
from stack.records.live.catalog import CatalogStreams, RunningJobs
from stack.records.live.components import ClockSkew, ComponentTargets, Listeners
from stack.records.live.gateway_trial import GatewayTail, GatewayTrial
from suites.components.collect.checkers import check_all
from suites.components.collect.prometheus import Asked, Found, ask_prometheus
from suites.components.collect.running_components import (
    NO_FILES,
    LiveStack,
    alertmanager_config,
    clock,
    listeners,
    release,
)
from suites.core.evidence import EvidenceStore, Kind, NotEvaluated
from suites.gateway.collect.trial import try_gateway


async def first_look(live: LiveStack) -> Found:
    """Collect what needs no service: releases, sockets, clocks, checkers, the gateway, Alertmanager's configuration."""
    names = list(COMPONENTS)
    clocks, checks, gateway, alertmanager, sockets = await asyncio.gather(
        asyncio.gather(*(clock(live, name) for name in names)),
        _checks(live),
        _gateway(live),
        alertmanager_config(live),
        asyncio.gather(*(asyncio.to_thread(listeners, live, name) for name in names)),
    )
    found: Found = {}
    for name, one_clock, ports in zip(names, clocks, sockets, strict=True):
        found[name] = {ClockSkew: one_clock, Listeners: ports, RunningRelease: release(live, name)}
    for name, check in checks.items():
        found[name][ConfigCheck] = check
    found["gateway"].update(gateway)
    found["alertmanager"][EffectiveConfig] = alertmanager
    return found


async def last_look(live: LiveStack) -> Found:
    """Collect what rests on the services: targets, jobs, rules, Alertmanagers, log streams."""
    found = await _prometheus(live)
    for name in ComponentTargets.judged_components:
        # That a component is down is told by its own readiness, not by its missing target as well.
        if why := live.missing(name):
            found.setdefault(name, {})[ComponentTargets] = why
    found.setdefault("loki", {})[CatalogStreams] = await _streams(live)
    return found


def keep(found: Found, store: EvidenceStore, live: LiveStack) -> None:
    """Put what was found into the store; what the stand-in of Loki said is marked as simulated."""
    for name, records in found.items():
        for record, evidence in records.items():
            simulated = record is CatalogStreams and live.stack.embedded_logs is not None
            kind: Kind = "simulated" if simulated else "live"
            store.put(name, {record: evidence}, kind)


async def _checks(live: LiveStack) -> dict[str, Any]:
    if live.config_dir is None:
        return dict.fromkeys(ConfigCheck.judged_components, NO_FILES)
    return dict(await check_all(live.config_dir))


async def _gateway(live: LiveStack) -> dict[type, Any]:
    missing, url = live.missing("gateway"), live.stack.endpoint("gateway")
    if missing or url is None:
        why = missing or NotEvaluated("it is not known where the gateway is")
        return {GatewayTrial: why, GatewayTail: why}
    loki = live.missing("loki")
    return dict(await try_gateway(live.stack, url, live.http, loki.reason if loki else None))


async def _prometheus(live: LiveStack) -> Found:
    missing, url = live.missing("prometheus"), live.stack.endpoint("prometheus")
    if missing or url is None:
        why = missing or NotEvaluated("it is not known where Prometheus is")
        found: Found = {name: {ComponentTargets: why} for name in ComponentTargets.judged_components}
        found["prometheus"].update(dict.fromkeys((AlertmanagerDiscovery, RunningJobs, LoadedRules), why))
        return found
    alertmanager = live.missing("alertmanager")
    asked = Asked(live.config_dir, live.jobs, alertmanager)
    if alertmanager and live.stack.components["prometheus"].provenance == "attached":
        # Where it is was not said; that Prometheus has one can be seen all the same.
        asked = replace(asked, no_alertmanager=None)
    return await ask_prometheus(PrometheusClient(url, live.http), live.stack, asked)


async def _streams(live: LiveStack) -> Sequence[CatalogStreams] | NotEvaluated:
    if not live.logging:
        return NotEvaluated("no service of this run logs", applies=False)
    reader: LogReader | None = live.stack.embedded_logs
    url = live.stack.endpoint("loki")
    missing = live.missing("loki") or live.missing("promtail") if live.stack.components.get("promtail") else None
    if reader is None:
        if missing or url is None:
            return missing or NotEvaluated("it is not known where Loki is")
        reader = LokiClient(url, live.http)
    now = time.time()
    try:
        streams = await reader.series(['{service=~".+"}'], int((now - 3600) * 1e9), int((now + 600) * 1e9))
    except LogStoreError as silent:
        return NotEvaluated(f"the log store does not answer: {silent}")
    return [CatalogStreams(live.logging, tuple(sorted({dict(stream).get("service", "") for stream in streams})))]
