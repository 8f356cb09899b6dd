"""Opens every dashboard on a running stack and keeps what its queries found: evidence of kind `live`."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from stack.clients.grafana import GrafanaClient, GrafanaError
from stack.eventually import eventually_or_last
from stack.records.dashboards.answers import PanelData, VariableData
from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.datasource import GrafanaDatasources
from stack.records.dashboards.grafana import GrafanaAccess, ServedDashboard
from stack.records.dashboards.panel import panels_of
from suites.core.area import StackCollector
from suites.core.evidence import NotEvaluated, Records
from suites.core.inspected_stack import InspectedStack
from suites.dashboards.collect import grafana
from suites.dashboards.collect.files import read
from suites.dashboards.collect.panels import Opened
from suites.dashboards.collect.stores import Stores, stores_of

DEADLINE_S = 10.0
"""Seconds in which every panel must have found something."""

TYPES = (ServedDashboard, PanelData, VariableData)
"""What is collected here."""

Found = dict[type, Sequence[Any] | NotEvaluated]


class DashboardsCollector(StackCollector):
    """Opens every dashboard of the stack, and reads Grafana's datasources and what it gives without credentials."""

    records = (*TYPES, GrafanaAccess, GrafanaDatasources)

    async def observed(self, stack: InspectedStack) -> None:
        """Open the dashboards while the services' data is fresh.

        The services are sent their requests once more: the first ones made most series appear, and a rate sees only
        what a series gains after that.
        """
        run = self.run
        shipped = read(stack.config_dir or run.shipped)
        stores = await asyncio.to_thread(stores_of, stack.stack, shipped.datasources, stack.http)
        if run.records & {GrafanaAccess, GrafanaDatasources}:
            run.store.put("grafana", await grafana.collect(stores, shipped.datasources), "live")
        if not run.records & set(TYPES):
            return
        run.say(f"opening {len(shipped.dashboards)} dashboards")
        await asyncio.gather(*(run.provoke(running) for running in run.services))
        found = await collect(stores, shipped.dashboards, self._partial(stack))
        for subject, records in found.items():
            run.store.put(subject, records, "live")

    def _partial(self, stack: InspectedStack) -> str:
        """Say why this run's data is not what the dashboards show; empty where it is."""
        if self.run.chosen_only:
            return f"a dashboard shows all services: {self.run.chosen_only}"
        if stack.config_dir is None:
            return "the target file does not say which files the attached stack was deployed from (`files:`)"
        return ""


async def collect(
    stores: Stores, dashboards: Sequence[Dashboard], partial: str = "", deadline_s: float = DEADLINE_S
) -> Mapping[str, Records]:
    """Open the dashboards side by side; returns the records by subject.

    Call it once the services have been scraped twice and their lines delivered. It returns as soon as every query
    has found something, or after `deadline_s` seconds. `partial` says why this run has not the data that the
    dashboards are made for, if so: then they are not queried.
    """
    found = await asyncio.gather(*(_opened(stores, dashboard, partial, deadline_s) for dashboard in dashboards))
    return {dashboard.subject: records for dashboard, records in zip(dashboards, found, strict=True)}


async def _opened(stores: Stores, dashboard: Dashboard, partial: str, deadline_s: float) -> Found:
    if dashboard.problem:
        return dict.fromkeys(TYPES, NotEvaluated(f"{dashboard.file}: {dashboard.problem}"))
    if partial:
        served = await _served(stores, dashboard, deadline_s)
        return {ServedDashboard: served, PanelData: NotEvaluated(partial), VariableData: NotEvaluated(partial)}
    opened = Opened(dashboard, stores)
    served, _ = await asyncio.gather(
        _served(stores, dashboard, deadline_s),
        eventually_or_last(opened.query_missing, bool, deadline_s, f"dashboard {dashboard.subject} has data"),
    )
    return {
        ServedDashboard: served,
        PanelData: _judgeable(list(opened.panels.values()), opened.unqueried, "the dashboard has no query"),
        VariableData: _judgeable(list(opened.variables.values()), opened.unqueried, "the dashboard has no variable"),
    }


def _judgeable(
    records: Sequence[PanelData] | Sequence[VariableData], unqueried: Mapping[str, None], nothing: str
) -> Sequence[Any] | NotEvaluated:
    """The records; where a part could not be queried there is no verdict, unless the rest shows a fault already."""
    faulty = any(record.error or not record.values for record in records)
    if unqueried and not faulty:
        return NotEvaluated("; ".join(unqueried))
    return records or NotEvaluated(nothing, applies=False)


async def _served(stores: Stores, dashboard: Dashboard, deadline_s: float) -> Sequence[ServedDashboard] | NotEvaluated:
    grafana = stores.grafana
    if grafana is None:
        return NotEvaluated(stores.no_grafana)
    file = ServedDashboard(
        uid=dashboard.uid,
        file=dashboard.file,
        title=dashboard.title,
        panels=len(dashboard.panels),
        url=f"{grafana.url}/d/{dashboard.uid}",
    )

    async def read() -> ServedDashboard:
        return await _read_served(grafana, file)

    def known(served: ServedDashboard) -> bool:
        return served.served_title is not None or served.error is not None

    # Grafana reads its dashboards after it says that it is ready.
    return [await eventually_or_last(read, known, deadline_s, f"Grafana serves {file.uid}")]


async def _read_served(grafana: GrafanaClient, file: ServedDashboard) -> ServedDashboard:
    if not file.uid:
        return replace(file, error="the file gives it no uid")
    try:
        found = await grafana.dashboard(file.uid)
    except GrafanaError as refused:
        return replace(file, error=str(refused))
    if found is None:
        return file
    return replace(
        file,
        served_title=str(found.model.get("title") or ""),
        served_panels=len(list(panels_of(found.model.get("panels")))),
        provisioned=found.provisioned,
    )
