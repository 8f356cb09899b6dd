"""Dashboards in a real browser on a real Grafana: each rule on rendering seen red there, and the pictures."""

import asyncio
import json
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from stack.backends.base import StackPlan
from stack.backends.local.backend import LocalBackend
from stack.clients.grafana import GrafanaClient
from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.rendering import RenderedDashboard
from stack.servers.find import find_binary, why_absent
from suites.core.discovery import in_area
from suites.core.evidence import Evidence
from suites.core.verdict import judge
from suites.dashboards.collect import browser, page_view
from suites.dashboards.collect.files import dashboards
from suites.dashboards.collect.running import collect
from suites.dashboards.collect.stores import stores_of

STACK = Path(__file__).parents[2] / "stack"
SECRET = "AKIAQWERTYUIOPASDFGH"  # made up
PROMETHEUS = {"type": "prometheus", "uid": "prometheus"}
DROPS_ALL = [{"id": "filterFieldsByName", "options": {"include": {"names": ["nothing"]}}}]
BROKEN_URL = "http://127.0.0.1:29/logo.png"


def panel(number: int, title: str, kind: str = "stat", expr: str = "vector(1)", **more: Any) -> dict[str, Any]:
    target = {"refId": "A", "expr": expr, "datasource": PROMETHEUS, "instant": True}
    place = {"x": 0, "y": 6 * number, "w": 24, "h": 6}
    return {"id": number, "title": title, "type": kind, "gridPos": place, "targets": [target], **more}


def text(number: int, title: str, content: str) -> dict[str, Any]:
    return {**panel(number, title, "text"), "options": {"mode": "markdown", "content": content}, "targets": []}


FILES: Mapping[str, list[dict[str, Any]]] = {
    "fine": [
        panel(1, "One"),
        panel(2, "Drawn", "timeseries", "vector(2)"),
        panel(3, "Far below", gridPos={"x": 0, "y": 90, "w": 24, "h": 6}),
        panel(4, "Rare", expr="up == 7", fieldConfig={"defaults": {"noValue": "Nothing happened"}}),
        {
            "id": 9,
            "type": "row",
            "title": "Closed",
            "collapsed": True,
            "gridPos": {"x": 0, "y": 120, "w": 24, "h": 1},
            "panels": [panel(10, "In a closed row")],
        },
    ],
    "red": [
        panel(1, "Not installed", "no-such-panel"),
        panel(2, "Drops its data", transformations=DROPS_ALL),
        {**panel(3, "No such datasource"), "datasource": {"type": "loki", "uid": "gone"}},
        text(4, "Lost picture", f"![logo]({BROKEN_URL}) and {SECRET}"),
        panel(5, "Refused", expr="sum(up"),
    ],
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> browser.Rendered:
    """Both dashboards, opened as a viewer that was made for it; a link is followed from the sound one to the other."""
    for name in ("prometheus", "grafana"):
        if find_binary(name) is None:
            pytest.skip(f"no real {name}: {why_absent(name)}")
    program = browser.find_browser()
    if program is None:
        pytest.skip(browser.NO_BROWSER)
    folder = tmp_path_factory.mktemp("files") / "stack"
    for name in ("grafana", "prometheus"):
        shutil.copytree(STACK / name, folder / name, ignore=shutil.ignore_patterns("*.py"))
    shutil.copy2(STACK / "docker-compose.yml", folder)
    shutil.rmtree(folder / "grafana" / "dashboards")
    (folder / "grafana" / "dashboards").mkdir()
    for uid, panels in FILES.items():
        body = {"uid": uid, "title": uid.title(), "panels": panels, "time": {"from": "now-15m", "to": "now"}}
        (folder / "grafana" / "dashboards" / f"{uid}.json").write_text(json.dumps(body), encoding="utf-8")

    async def run() -> browser.Rendered:
        async with httpx.AsyncClient(trust_env=False) as http:
            stores = await asyncio.to_thread(stores_of, stack, (), http)
            shown = dashboards(folder)
            await collect(stores, shown, deadline_s=10)
            client = GrafanaClient(stack.endpoint("grafana") or "", http, stack.credentials["grafana"])
            await client.create_viewer("looks", "a-password-of-no-use")
            grafana = page_view.Grafana(client.url, ("looks", "a-password-of-no-use"), await client.version())

            async def no_traffic() -> None:
                """Nothing is served but the stack itself."""

            async def drawable(dashboard: Dashboard) -> browser.Drawable:
                return dashboard, ()

            return await browser.render(grafana, program, list(map(drawable, shown)), lambda _: None, no_traffic)

    plan = StackPlan(tmp_path_factory.mktemp("run"), folder, ("prometheus", "grafana"))
    with LocalBackend().start(plan) as stack, pytest.MonkeyPatch.context() as patch:
        patch.setattr(browser, "SIDE_BY_SIDE", 1)
        return asyncio.run(run())


def broken(pages: list[RenderedDashboard]) -> dict[str, list[str]]:
    """The messages of each broken rule on rendering."""
    rules = [rule for rule in in_area("dashboards") if rule.record is RenderedDashboard]
    verdicts = {rule.id.partition("/")[2]: judge(rule, "", Evidence(tuple(pages), "live")) for rule in rules}
    return {name: [one.message for one in found.findings] for name, found in verdicts.items() if found.findings}


@pytest.mark.native
def test_a_sound_dashboard_is_drawn_at_both_widths(drawn: browser.Rendered) -> None:
    pages = drawn.pages["fine"]
    assert [(page.width, page.problem) for page in pages] == [(width, None) for width in page_view.WIDTHS]
    assert broken(pages) == {}
    states = {view.panel: view.state for view in pages[0].panels}
    assert states == dict.fromkeys(("One", "Drawn", "Far below", "In a closed row"), "drawn") | {"Rare": "no-data"}
    assert pages[0].grafana.count(".") == 2
    assert pages[0].browser.startswith("Chromium ")


@pytest.mark.native
def test_each_fault_is_reported_by_its_own_rule(drawn: browser.Rendered) -> None:
    found = broken(drawn.pages["red"][:1])
    errors = found.pop("panels-show-no-error")
    assert [message.partition(" shows")[0] for message in errors] == [
        "panel `Not installed`",
        "panel `No such datasource`",
        "panel `Refused`",
    ]
    assert "no-such-panel" in errors[0]
    assert "gone" in errors[1]
    assert "unclosed left parenthesis" in errors[2]
    assert found.pop("panels-show-their-data") == ["panel `Drops its data` shows `No data`"]
    assert found.pop("page-loads-without-failures") == [
        f"a request of the page fails: {BROKEN_URL} (net::ERR_CONNECTION_REFUSED)"
    ]
    assert found == {}


@pytest.mark.native
def test_each_page_has_its_picture(drawn: browser.Rendered) -> None:
    taken = {(picture.subject, picture.width): picture for picture in drawn.pictures}
    assert set(taken) == {(uid, width) for uid in FILES for width in page_view.WIDTHS}
    assert all(picture.image.startswith(b"\xff\xd8") for picture in drawn.pictures)
    assert taken["fine", 1440].failing == 0
    assert taken["red", 1440].failing == 4
    assert size(taken["fine", 600].image)[0] == 600


def size(jpeg: bytes) -> tuple[int, int]:
    """Width and height of a JPEG: those of its start-of-frame segment (ITU-T T.81, B.2.2)."""
    at = 2
    while jpeg[at + 1] not in (0xC0, 0xC2):
        at += 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
    height, width = struct.unpack(">HH", jpeg[at + 5 : at + 9])
    return width, height
