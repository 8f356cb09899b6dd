"""Opens every dashboard on a running stack and keeps what its queries found: evidence of kind `live`."""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from stack.clients.grafana import GrafanaClient, GrafanaError
from stack.eventually import eventually_or_last
from stack.records.dashboards.answers import PanelData, VariableData
from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.datasource import GrafanaDatasources
from stack.records.dashboards.grafana import GrafanaAccess, ServedDashboard
from stack.records.dashboards.rendering import RenderedDashboard
from stack.records.dashboards.shown import ShownMetrics
from suites.core.area import RunContext, StackCollector
from suites.core.evidence import NotEvaluated, Records
from suites.core.inspected_stack import InspectedStack
from suites.core.pictures import Picture
from suites.dashboards.collect import grafana
from suites.dashboards.collect.browser import NO_BROWSER, BrowserError, Drawable, find_browser, render
from suites.dashboards.collect.files import Files, read
from suites.dashboards.collect.page_view import Grafana
from suites.dashboards.collect.panels import Opened
from suites.dashboards.collect.stores import Stores, stores_of

DEADLINE_S = 10.0
"""Seconds in which every panel must have found something."""

TRAFFIC_EVERY_S = 20.0
"""Seconds between requests to the services while their dashboards are open: a third of a rate's window."""

NO_VIEWER = (
    "no dashboard was opened in a browser: the target file names no viewer for Grafana (`grafana: user_env:` and "
    "`password_env:`)"
)

TYPES = (ServedDashboard, PanelData, VariableData)
"""What is collected here."""

Found = dict[type, Sequence[Any] | NotEvaluated]

Queried = Mapping[str, asyncio.Future[Found]]
"""What each dashboard shows as it opens, by subject, once that is known."""


class DashboardsCollector(StackCollector):
    """Opens every dashboard of the stack, and reads Grafana's datasources and what it gives without credentials."""

    records = (*TYPES, RenderedDashboard, ShownMetrics, GrafanaAccess, GrafanaDatasources)

    def __init__(self, run: RunContext) -> None:
        super().__init__(run)
        self._made = time.monotonic()
        self._last_traffic = -TRAFFIC_EVERY_S

    async def observed(self, stack: InspectedStack) -> None:
        """Open the dashboards while the services' data is fresh.

        The services are sent their requests once more: the first ones made most series appear, and a rate sees only
        what a series gains after that.
        """
        run = self.run
        shipped = read(stack.config_dir) if stack.config_dir else Files((), (), ())
        stores = await asyncio.to_thread(stores_of, stack.stack, shipped.datasources, stack.http)
        guess = run.target is None or run.target.gateway.guess_passwords
        if run.records & {GrafanaAccess, GrafanaDatasources}:
            run.store.put("grafana", await grafana.collect(stores, shipped.datasources, guess=guess), "live")
        if ShownMetrics in run.records:
            run.store.put("grafana", {ShownMetrics: self._shown(stack, shipped.dashboards)}, "static")
        if not run.records & {*TYPES, RenderedDashboard}:
            return
        run.say(f"opening {len(shipped.dashboards)} dashboards")
        await self._traffic()
        started = None if run.attached else self._made
        partial, dashboards = self._partial(stack), shipped.dashboards
        opened: Queried = {one.subject: asyncio.get_running_loop().create_future() for one in dashboards}
        drawing = asyncio.create_task(self._rendered(stores, dashboards, opened, partial))
        try:
            found = await collect(stores, dashboards, partial, started=started, pictures=run.pictures, opened=opened)
            for subject, records in found.items():
                run.store.put(subject, records, "live")
            for subject, seen in (await drawing).items():
                run.store.put(subject, {RenderedDashboard: seen}, "live")
        finally:
            drawing.cancel()
            await asyncio.gather(drawing, return_exceptions=True)

    async def _rendered(
        self, stores: Stores, dashboards: Sequence[Dashboard], opened: Queried, partial: str
    ) -> Mapping[str, Sequence[RenderedDashboard] | NotEvaluated]:
        """Open the dashboards that Grafana serves in a browser once they were queried, or say for each why not."""
        if RenderedDashboard not in self.run.records:
            return {}
        browser = find_browser()
        if not stores.grafana:
            return {dashboard.subject: stores.no_grafana for dashboard in dashboards}
        if partial or not browser:
            return {dashboard.subject: NotEvaluated(partial or NO_BROWSER) for dashboard in dashboards}
        seen: dict[str, Sequence[RenderedDashboard] | NotEvaluated] = {}

        async def drawable(dashboard: Dashboard) -> Drawable | None:
            records = await opened[dashboard.subject]
            there = records[ServedDashboard]
            if isinstance(there, NotEvaluated) or not all(one.served_title is not None for one in there):
                seen[dashboard.subject] = NotEvaluated(
                    "Grafana does not serve the dashboard, so no browser can open it"
                )
                return None
            return dashboard, _list(records[PanelData])

        waiting = [asyncio.create_task(drawable(dashboard)) for dashboard in dashboards]
        try:
            viewer = await self._viewer(stores.grafana)
            grafana = Grafana(stores.grafana.url, viewer, await stores.grafana.version(), read_only=self.run.attached)
            drawn = await render(grafana, browser, waiting, self.run.say, self._traffic)
        except (BrowserError, GrafanaError) as broken:
            return {**{one.subject: NotEvaluated(str(broken)) for one in dashboards}, **seen}
        finally:
            for task in waiting:
                task.cancel()
        self.run.pictures.extend(drawn.pictures)
        return {**drawn.pages, **seen}

    async def _traffic(self) -> None:
        """Send the services their requests, unless that was done a moment ago."""
        now = time.monotonic()
        if now - self._last_traffic < TRAFFIC_EVERY_S:
            return
        self._last_traffic = now
        await asyncio.gather(*(self.run.provoke(running) for running in self.run.services))

    async def _viewer(self, grafana: GrafanaClient) -> tuple[str, str]:
        """User and password of a viewer: made for this run, or those that the target file names."""
        if self.run.target is not None:
            named = self.run.target.credentials.get("grafana")
            if named is None:
                raise BrowserError(NO_VIEWER)
            return named
        viewer = ("conformance-viewer", secrets.token_urlsafe(18))
        await grafana.create_viewer(*viewer)
        return viewer

    def _shown(self, stack: InspectedStack, dashboards: Sequence[Dashboard]) -> list[ShownMetrics] | NotEvaluated:
        """The required metrics of each service of the catalog, beside the queries of all dashboards."""
        if stack.config_dir is None:
            return NotEvaluated(self._partial(stack))
        queries = [query.expr for one in dashboards for panel in one.panels for query in panel.queries]
        queries += [mark.expr for one in dashboards for mark in one.annotations if mark.expr]
        return [
            ShownMetrics(service.name, tuple(metric.name for metric in service.metrics.required), tuple(queries))
            for service in self.run.listed
            if service.metrics.required
        ] or NotEvaluated("no catalog entry requires a metric", applies=False)

    def _partial(self, stack: InspectedStack) -> str:
        """Say why this run's data is not what the dashboards show; empty where it is."""
        if self.run.chosen_only:
            return f"a dashboard shows all services: {self.run.chosen_only}"
        if stack.config_dir is None:
            return "the target file does not say which files the attached stack was deployed from (`files:`)"
        return ""


async def collect(
    stores: Stores,
    dashboards: Sequence[Dashboard],
    partial: str = "",
    deadline_s: float = DEADLINE_S,
    started: float | None = None,
    pictures: list[Picture] | None = None,
    opened: Queried | None = None,
) -> Mapping[str, Records]:
    """Open the dashboards side by side; returns the records by subject.

    Call it once the services have been scraped twice and their lines delivered. It returns as soon as every query
    has found something, or after `deadline_s` seconds. `partial` says why this run has not the data that the
    dashboards are made for, if so: then they are not queried. `started` is when this run started the stores
    (`time.monotonic`), None where it did not. Where there is no Grafana, a drawing of each is added to `pictures`.
    `opened` gets what each was found to show as it opens, before it is queried over other times.
    """
    drawings = pictures if stores.grafana is None else None
    found = await asyncio.gather(
        *(_opened(stores, one, partial, deadline_s, started, drawings, opened or {}) for one in dashboards)
    )
    return {dashboard.subject: records for dashboard, records in zip(dashboards, found, strict=True)}


def _list(found: Sequence[Any] | NotEvaluated) -> Sequence[Any]:
    return () if isinstance(found, NotEvaluated) else found


async def _opened(
    stores: Stores,
    dashboard: Dashboard,
    partial: str,
    deadline_s: float,
    started: float | None,
    pictures: list[Picture] | None,
    told: Queried,
) -> Found:
    def tell(found: Found) -> Found:
        if (waited_for := told.get(dashboard.subject)) and not waited_for.done():
            waited_for.set_result(found)
        return found

    if dashboard.problem:
        return tell(dict.fromkeys(TYPES, NotEvaluated(f"{dashboard.file}: {dashboard.problem}")))
    if partial:
        served = await _served(stores, dashboard, deadline_s)
        return tell({ServedDashboard: served, PanelData: NotEvaluated(partial), VariableData: NotEvaluated(partial)})
    opened = Opened(dashboard, stores, started=started)
    served, _ = await asyncio.gather(
        _served(stores, dashboard, deadline_s),
        eventually_or_last(opened.query_missing, bool, deadline_s, f"dashboard {dashboard.subject} has data"),
    )
    tell({ServedDashboard: served, PanelData: list(opened.panels.values())})
    if pictures is not None and opened.answers:
        pictures.append(opened.drawn())
    await opened.vary()
    return {
        ServedDashboard: served,
        PanelData: [*opened.panels.values(), *opened.varied]
        or NotEvaluated("the dashboard has no query", applies=False),
        VariableData: list(opened.variables.values()) or NotEvaluated("the dashboard has no variable", applies=False),
    }


async def _served(stores: Stores, dashboard: Dashboard, deadline_s: float) -> Sequence[ServedDashboard] | NotEvaluated:
    grafana = stores.grafana
    if grafana is None:
        return stores.no_grafana
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
        served_panels=len(Dashboard.of(found.model, file.file).panels),
        provisioned=found.provisioned,
    )
