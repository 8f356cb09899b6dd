"""A page of a browser that shows one dashboard after the other: what each of them is blamed for."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from stack.records.dashboards.answers import PanelData
from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.panel import Datasource, Panel, Query
from stack.records.dashboards.rendering import RenderedDashboard
from suites.core.discovery import rules
from suites.core.evidence import Evidence
from suites.core.verdict import judge
from suites.dashboards.collect.page_view import Grafana, PageView, answer_of

HERE = "http://grafana.test/d/second"
FIRST = "http://grafana.test/d/first/first?kiosk=true&refresh=30s"
NOWHERE = "http://grafana.test/conformance/nowhere"


class Page:
    """A page on which requests of the dashboard before fail until it navigates, and some of the second after that."""

    def __init__(self, url: str = "about:blank", left: Exception | None = None) -> None:
        self.url, self.left = url, left
        self.main_frame, self.closed = object(), False
        self.listeners: dict[str, Callable[..., Any]] = {}
        self.went: list[str] = []

    def on(self, event: str, listener: Callable[..., Any]) -> None:
        self.listeners[event] = listener

    def remove_listener(self, event: str, listener: Callable[..., Any]) -> None:
        assert self.listeners.pop(event) is listener

    async def set_viewport_size(self, _: object) -> None:
        pass

    async def close(self) -> None:
        self.closed = True

    async def evaluate(self, _: str, address: str) -> None:
        self.went.append(f"link {address}")
        if address != NOWHERE:
            self.shows(address)

    async def wait_for_function(self, _: str) -> None:
        if self.left:
            raise self.left

    async def goto(self, url: str, wait_until: str) -> None:  # noqa: ARG002  # as playwright has it
        self.went.append(url)
        self.shows(url)

    def shows(self, url: str) -> None:
        self.answered("http://grafana.test/of-the-first", 500)
        self.listeners["console"](SimpleNamespace(type="error", text="error of the first"))
        self.answered(url, 403)
        self.listeners["framenavigated"](object())  # a frame in the page
        self.listeners["framenavigated"](self.main_frame)
        self.answered(f"{HERE}/asset.js", 404)
        self.listeners["console"](SimpleNamespace(type="error", text="error of the second"))
        self.listeners["framenavigated"](self.main_frame)  # Grafana adds the variables to its address
        raise pytest.importorskip("playwright.async_api").Error("gone")

    def answered(self, url: str, status: int) -> None:
        self.listeners["response"](SimpleNamespace(url=url, status=status))


def opened(page: Page) -> list[RenderedDashboard]:
    dashboard = Dashboard.of({"uid": "second", "title": "Second", "panels": []}, "second.json")
    view = PageView(Grafana("http://grafana.test", ("me", "secret")), dashboard, (), "1", no_traffic)
    return asyncio.run(view.at_every_width(page, []))  # type: ignore[arg-type]  # what is used of a page


@pytest.mark.parametrize("before", ["about:blank", FIRST])
def test_what_the_dashboard_before_left_undone_is_not_this_ones(before: str) -> None:
    page = Page(before)
    found = opened(page)
    assert [one.problem for one in found] == ["gone"]
    assert found[0].failed_requests == ((f"{HERE}?kiosk&refresh=1d", "status 403"), (f"{HERE}/asset.js", "status 404"))
    assert found[0].console_errors == ("error of the second",)
    assert page.closed, "the next dashboard gets a page that works"
    assert not page.listeners


def test_a_link_is_followed_from_one_dashboard_to_the_next() -> None:
    error = pytest.importorskip("playwright.async_api").Error
    first, follows, stuck = Page(), Page(FIRST), Page(FIRST, left=error("its panels stay"))
    for page in (first, follows, stuck):
        opened(page)
    assert first.went == [f"{HERE}?kiosk&refresh=1d"]
    assert follows.went == [f"link {NOWHERE}", f"link {HERE}?kiosk&refresh=1d"]
    assert stuck.went == [f"link {NOWHERE}", f"{HERE}?kiosk&refresh=1d"], (
        "panels of two dashboards would be taken for each other"
    )


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        ({"values": 1}, "data"),
        ({"values": 1, "drawn_after_s": 6.0}, "data"),
        ({"values": 1, "drawn_after_s": 3600.0}, "later"),
        ({}, "empty"),
        ({"unqueried": "this run has no Redis"}, "empty"),
        ({"unqueried": "there is no such datasource", "values": 1}, "unknown"),
        ({"error": "parse error"}, "error"),
    ],
)
def test_what_a_panel_is_expected_to_show(found: dict[str, Any], answer: str) -> None:
    panel = Panel(1, "Requests", "stat", (Query("A", "up", Datasource("prometheus", "prometheus")),))
    assert answer_of(panel, [PanelData("Requests", **found)]) == answer
    if answer != "error":
        assert answer_of(panel, [PanelData("Requests", values=1), PanelData("Requests", **found)]) == (
            "unknown" if answer == "unknown" else "data"
        )


def test_a_query_for_grafana_itself_says_nothing_of_what_its_panel_shows() -> None:
    panel = Panel(1, "Requests", "stat", (Query("A", "up", Datasource("prometheus", "prometheus")),))
    own = PanelData("Requests", values=1, of_grafana=True)
    assert [answer_of(panel, [own]), answer_of(panel, [own, PanelData("Requests")])] == ["unknown", "empty"]


async def no_traffic() -> None:
    pass


@pytest.mark.parametrize(
    ("panels", "outcome"),
    [
        ("{panel: Per day, state: no-data, answer: later}", "not-evaluated"),
        (
            "{panel: Per day, state: no-data, answer: later}, {panel: Rare, state: no-data, answer: empty}",
            "not-evaluated",
        ),
        ("{panel: Per day, state: no-data, answer: later}, {panel: Now}", "pass"),
        ("{panel: Per day, state: no-data, answer: later}, {panel: Now, state: no-data, text: No data}", "fail"),
    ],
)
def test_a_dashboard_of_panels_without_a_verdict_does_not_pass(panels: str, outcome: str) -> None:
    rule = rules()["dashboards/panels-show-their-data"]
    page = RenderedDashboard.parse(f"{{width: 1440, panels: [{panels}]}}")
    assert judge(rule, "", Evidence((page,), "live")).outcome == outcome
