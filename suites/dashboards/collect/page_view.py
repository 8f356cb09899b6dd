"""Reads one dashboard off its page in a browser: what each panel shows, what failed, and a picture."""

import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from stack.eventually import Patience, contention, eventually_or_last
from stack.records.dashboards.answers import PanelData
from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.panel import Panel
from stack.records.dashboards.rendering import Answer, PanelView, RenderedDashboard
from stack.text.secrets import mask
from suites.core.pictures import Picture
from suites.dashboards.collect.grafana_pages import (
    EXPAND_ROWS,
    FOLLOW_LINK,
    HEIGHT,
    MARK_PANELS,
    NO_PANELS,
    NOWHERE,
    READ_PANELS,
    REFRESH,
    REPLACE_TEXTS,
    STATUS,
    TEXTS,
    TOOLTIP,
)

if TYPE_CHECKING:
    from playwright.async_api import Page, Request, Response


WIDTHS = (1440, 600)
"""Pixels of the windows: a desk's screen, and one so narrow that panels stand below each other."""

SETTLED_S = 20.0
"""Seconds on a machine with a free core in which a page must have drawn everything."""

TALLEST = 12_000
"""Pixels up to which a page is drawn; what lies deeper is not looked at."""

DRAWN_SOON_S = SETTLED_S / 2
"""Data that Grafana draws within so many seconds is waited for."""

CALM_S = 3.0
"""Seconds without a change or a request after which a panel that is blank or missing stays so."""

REFRESH_AFTER_S = 3.0
"""Seconds after which a panel without its data is queried again: a browser's steps may end before the first sample."""

MOST_ERRORS = 10


@dataclass(frozen=True)
class Grafana:
    """A Grafana to open pages of: its base URL, user and password of a viewer, its version.

    `read_only`: the page may send nothing but reads and queries; everything else that it tries is held back.
    """

    url: str
    viewer: tuple[str, str]
    version: str = ""
    read_only: bool = False


class PageView:
    """One dashboard in one page, which is resized for each width."""

    def __init__(
        self,
        grafana: Grafana,
        dashboard: Dashboard,
        answers: Sequence[PanelData],
        version: str,
        traffic: Callable[[], Awaitable[None]],
    ) -> None:
        self._grafana = grafana
        self._dashboard = dashboard
        self._answers = answers
        self._traffic = traffic
        self._browser = f"Chromium {version}"
        self._url = f"{grafana.url}/d/{quote(dashboard.uid, safe='')}"
        # Without a refresh of its own: on a busy machine it would query panels anew while they load.
        self._address = f"{self._url}?kiosk&refresh=1d"
        self._failed: dict[str, str] = {}
        self._errors: dict[str, None] = {}
        self._open_requests: set[Request] = set()
        self._begun = False
        self._opened = time.monotonic()

    async def at_every_width(self, page: "Page", pictures: list[Picture]) -> list[RenderedDashboard]:
        """Open it in a page and read it at each width; adds the pictures. Never raises for what the page does.

        The page may have shown another dashboard before: then a link is followed to this one. It is closed where
        anything is wrong.
        """
        from playwright.async_api import Error  # as above

        found: list[RenderedDashboard] = []
        await self._traffic()
        follow = await self._leave(page)
        listening = self._listen(page)
        try:
            await page.set_viewport_size({"width": WIDTHS[0], "height": 900})
            if follow:
                await page.evaluate(FOLLOW_LINK, self._address)
            else:
                await page.goto(self._address, wait_until="commit")
            for width in WIDTHS:
                found.append(await self._at(page, width, pictures))  # noqa: PERF401  # those before an error stay
        except Error as broken:
            found.append(self._record(WIDTHS[len(found)], (), first_line(broken)))
        finally:
            for event, listener in listening.items():
                page.remove_listener(event, listener)
        if not all(map(_is_sound, found)):
            await page.close()  # what is wrong here must not reach the next dashboard
        return found

    async def _leave(self, page: "Page") -> bool:
        """Leave the dashboard that the page shows; returns whether a link can be followed from there to this one.

        Whoever follows a link does not load Grafana anew, which takes more processor time than to draw a dashboard.
        """
        from playwright.async_api import Error  # as above

        if not page.url.startswith(f"{self._grafana.url}/d/"):
            return False
        try:
            await page.evaluate(FOLLOW_LINK, f"{self._grafana.url}/{NOWHERE}")
            await page.wait_for_function(NO_PANELS)  # those of two dashboards have the same ids
        except Error:
            return False
        return True

    def _listen(self, page: "Page") -> dict[str, Callable[..., object]]:
        """Note what happens on the page; what the one before it leaves undone is not this one's."""
        listeners: dict[str, Callable[..., object]] = {
            "framenavigated": lambda frame: self._begin() if frame == page.main_frame else None,
            "request": lambda request: self._open_requests.add(request),  # takes no built-in method
            "requestfinished": lambda request: self._open_requests.discard(request),  # as above
            "requestfailed": self._request_failed,
            "response": self._answered,
            "pageerror": lambda error: self._errors.setdefault(first_line(error)),
            "console": lambda message: self._console(message.type, message.text),
        }
        listen: Callable[..., None] = page.on  # its types allow no event that is a variable
        for event, listener in listeners.items():
            listen(event, listener)
        return listeners

    def _begin(self) -> None:
        """Forget what came from the page before this one; of this one there is the answer with the page itself."""
        if not self._begun:
            self._begun = True
            self._open_requests.clear()
            self._errors.clear()
            self._failed = {url: why for url, why in self._failed.items() if url == self._address}

    def _request_failed(self, request: "Request") -> None:
        self._open_requests.discard(request)
        # A page that is left or redrawn cancels its own requests.
        if request.failure and "ERR_ABORTED" not in request.failure and "BLOCKED_BY_CLIENT" not in request.failure:
            self._failed[request.url] = request.failure

    def _answered(self, response: "Response") -> None:
        # What a query finds wrong is the panel's error.
        if response.status >= 400 and not response.url.partition("?")[0].endswith("/api/ds/query"):
            self._failed[response.url] = f"status {response.status}"

    def _console(self, kind: str, text: str) -> None:
        # A failed request has its own record, and a panel's error is read off the panel.
        if kind == "error" and not text.startswith(("Failed to load resource", "PanelQueryRunner")):
            self._errors.setdefault(text.partition("\n")[0][:300])

    async def _at(self, page: "Page", width: int, pictures: list[Picture]) -> RenderedDashboard:
        begun = time.monotonic()
        await page.set_viewport_size({"width": width, "height": 900})
        states = await self._settled(page, width)
        views = tuple([await self._view(page, panel, states) for panel in self._dashboard.panels])
        bad = [state["key"] for state in states if self._is_bad(state, views)]
        await page.evaluate(MARK_PANELS, bad)
        texts: list[str] = await page.evaluate(TEXTS)
        secrets = [(index, masked) for index, text in enumerate(texts) if (masked := mask(text)) != text]
        await page.evaluate(REPLACE_TEXTS, secrets)
        image = await page.screenshot(type="jpeg", quality=60, animations="disabled", caret="hide")
        failing = sum(_is_failing(view) for view in views)
        name = self._dashboard
        pictures.append(Picture(name.subject, name.title or name.subject, width, image, len(views), failing))
        return self._record(width, views, seconds=time.monotonic() - begun)

    async def _settled(self, page: "Page", width: int) -> list[dict[str, Any]]:
        """Wait until every panel is there, none loads, no request is open and nothing changes any more."""
        wanted = {f"panel-{panel.id}" for panel in self._dashboard.panels}
        before: list[dict[str, Any]] = []
        height = 0
        refreshed = time.monotonic()
        calm = Patience(CALM_S)
        complete: list[dict[str, Any]] = []

        async def read() -> tuple[bool, list[dict[str, Any]]]:
            nonlocal before, height, refreshed, calm, complete
            for row in await page.query_selector_all(EXPAND_ROWS):
                await row.click()
            # A window as high as the page has every panel in view: they load when they come into it.
            now_high = min(int(await page.evaluate(HEIGHT)), TALLEST)
            if now_high > height:
                height = now_high
                await page.set_viewport_size({"width": width, "height": max(height, 300)})
            found: list[dict[str, Any]] = await page.evaluate(READ_PANELS)
            there = wanted <= {_base(state["key"]) for state in found}
            still = found == before and not self._open_requests_that_count()
            before = found
            if not still or any(state["loading"] for state in found):
                calm = Patience(CALM_S)
            drawn = still and there and all(not state["loading"] and state["drawn"] for state in found)
            if drawn and self._lacks_data(found):
                complete = found
                if time.monotonic() - refreshed > REFRESH_AFTER_S and (button := await page.query_selector(REFRESH)):
                    await self._traffic()
                    await button.click()
                    refreshed = time.monotonic()
                return False, found
            return drawn or calm.left() <= 0, found

        settled, found = await eventually_or_last(read, lambda seen: seen[0], SETTLED_S, f"{self._url} has drawn")
        # Where time ends while a panel without its data is queried again, it has been drawn all the same.
        return found if settled else complete or found

    def _lacks_data(self, states: Sequence[Mapping[str, Any]]) -> bool:
        """Whether a panel is without data that its queries have found."""
        having = {f"panel-{panel.id}": panel for panel in self._dashboard.panels if self._answer(panel) == "data"}
        return any(_note(state, having[key]) for state in states if (key := _base(state["key"])) in having)

    def _open_requests_that_count(self) -> bool:
        return any("/api/live/" not in request.url for request in self._open_requests)

    async def _view(self, page: "Page", panel: Panel, states: Sequence[Mapping[str, Any]]) -> PanelView:
        mine = [state for state in states if _base(state["key"]) == f"panel-{panel.id}"]
        answer = self._answer(panel)
        if not mine:
            return PanelView(panel.name, "missing", answer=answer, no_value=panel.no_value)
        failed = next((state for state in mine if state["error"] or state["missing"]), None)
        if failed:
            text = failed["missing"] or await _message(page, failed["key"])
            return PanelView(panel.name, "error", text, answer, panel.no_value)
        if any(state["loading"] for state in mine):
            return PanelView(panel.name, "loading", answer=answer, no_value=panel.no_value)
        if note := next(filter(None, (_note(state, panel) for state in mine)), ""):
            return PanelView(panel.name, "no-data", note, answer, panel.no_value)
        drawn = all(state["drawn"] for state in mine)
        return PanelView(panel.name, "drawn" if drawn else "blank", "", answer, panel.no_value)

    def _answer(self, panel: Panel) -> Answer:
        return answer_of(panel, self._answers)

    def _is_bad(self, state: Mapping[str, Any], views: Sequence[PanelView]) -> bool:
        panels = self._dashboard.panels
        return any(
            _base(state["key"]) == f"panel-{panel.id}" and _is_failing(view)
            for panel, view in zip(panels, views, strict=True)
        )

    def _record(
        self, width: int, views: tuple[PanelView, ...], problem: str | None = None, seconds: float = 0.0
    ) -> RenderedDashboard:
        failed, errors = list(self._failed.items())[:MOST_ERRORS], list(self._errors)[:MOST_ERRORS]
        # One report is enough: the next width has what is new.
        self._failed.clear()
        self._errors.clear()
        return RenderedDashboard(
            width,
            views,
            tuple(failed),
            tuple(errors),
            problem,
            self._url,
            round(seconds, 2),
            self._browser,
            self._grafana.version,
        )


def answer_of(panel: Panel, answers: Sequence[PanelData]) -> Answer:
    """What the queries of a panel found, of `answers`, those of all queries of its dashboard."""
    of_panels = [found for found in answers if found.of == "panel" and not (found.given or found.of_grafana)]
    mine = [found for found in of_panels if found.panel == panel.name]
    # One that was sent and found nothing has its reason in `unqueried`.
    if not panel.queries or not mine or any(found.unqueried and not found.empty for found in mine):
        return "unknown"
    if any(found.error for found in mine):
        return "error"
    having = [found for found in mine if not found.empty]
    if not having:
        return "empty"
    return "later" if all(found.drawn_after_s > DRAWN_SOON_S for found in having) else "data"


def _base(key: str) -> str:
    """The key of the panel in the file: repeated ones have more after it."""
    return re.sub(r"^(?:.*/)?(panel-\d+).*$", r"\1", key)


def _note(state: Mapping[str, Any], panel: Panel) -> str:
    """The text that a panel shows instead of data, empty where it shows data."""
    return str(state["note"]) or (state["text"] if panel.no_value and state["text"] == panel.no_value else "")


def _is_sound(seen: RenderedDashboard) -> bool:
    return not (seen.problem or seen.failed_requests or seen.console_errors or any(map(_is_failing, seen.panels)))


def _is_failing(view: PanelView) -> bool:
    # A panel of log lines has a text of its own, whatever it is told to show.
    declared = view.no_value is not None and view.text in (view.no_value, "No data") and view.answer != "data"
    declared = declared or view.answer == "later"
    return view.state not in ("drawn", "no-data") or (view.state == "no-data" and not declared)


async def _message(page: "Page", key: str) -> str:
    """The message of a panel's red corner, shown while the pointer is on it; empty where none appears."""
    from playwright.async_api import Error  # as above

    number = _base(key).removeprefix("panel-")
    corner = page.locator(f'[data-viz-panel-key="{key}"], [data-panelid="{number}"]').locator(STATUS).first
    patience_ms = 2000 * contention()
    try:
        await corner.hover(timeout=patience_ms)
        text = await page.locator(TOOLTIP).first.inner_text(timeout=patience_ms)
        await page.mouse.move(0, 0)
    except Error:
        return ""
    return " ".join(text.split())[:300]


def first_line(broken: object) -> str:
    """The first line of an error of playwright, which writes many."""
    return str(broken).partition("\n")[0][:300]
