"""Opens dashboards in a headless Chromium, signed in to Grafana as a viewer: evidence of kind `live`.

Source: https://playwright.dev/python/docs/intro
"""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stack.eventually import contention
from stack.records.dashboards.answers import PanelData
from stack.records.dashboards.dashboard import Dashboard
from stack.records.dashboards.rendering import RenderedDashboard
from suites.core.pictures import Picture
from suites.dashboards.collect.page_view import SETTLED_S, WIDTHS, Grafana, PageView, first_line

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Playwright, Route

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
"""Programs that can draw, in the order in which they are looked for on PATH; playwright's own comes last."""

NO_BROWSER = (
    "there is no Chromium: install one (`apt install chromium`, or `playwright install chromium`), so that dashboards "
    "are opened in a browser"
)


SIDE_BY_SIDE = 2

STILL = """
const still = new CSSStyleSheet();
still.replaceSync(`*, *::before, *::after {
  animation-duration: 1ms !important; animation-delay: 0s !important; animation-iteration-count: 1 !important;
  transition-duration: 0s !important; transition-delay: 0s !important;
}`);
document.adoptedStyleSheets = [still];
"""
"""Ends animations at once: for the bars of panels that load, a window as high as its page is painted all the time."""

Drawable = tuple[Dashboard, Sequence[PanelData]]
"""A dashboard that Grafana serves, with what its queries found."""

READING = ("GET", "HEAD", "OPTIONS")


@dataclass
class Rendered:
    """What came of it: the records of each dashboard by subject, and the pictures."""

    pages: dict[str, list[RenderedDashboard]] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)


def find_browser() -> str | None:
    """The path of a Chromium on this machine, None where there is none."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
    own = sorted(cache.glob("chromium*/chrome-linux*/chrome")) + sorted(cache.glob("chromium*/chrome-mac*/**/Chromium"))
    return str(own[-1]) if own else None


async def render(
    grafana: Grafana,
    browser: str,
    dashboards: Sequence[Awaitable[Drawable | None]],
    say: Callable[[str], None],
    traffic: Callable[[], Awaitable[None]],
) -> Rendered:
    """Open each dashboard at every width, as soon as it can be drawn; None is one that cannot.

    `traffic` is awaited before a page is opened or queried again: rates end a minute after the last request.
    A page that does not open is a record with a problem. Raises BrowserError where the browser does not start or
    Grafana does not sign the viewer in.
    """
    from playwright.async_api import Error, async_playwright  # slow to import, and only needed here

    found = Rendered()
    try:
        async with async_playwright() as playwright:
            started = await _start(playwright, browser)
            try:
                context = await _signed_in(started, grafana)
                left = asyncio.as_completed(dashboards)

                async def one_by_one() -> None:
                    page = await context.new_page()
                    for next_one in left:
                        if (drawable := await next_one) is None:
                            continue
                        dashboard, seen = drawable
                        view = PageView(grafana, dashboard, seen, started.version, traffic)
                        found.pages[dashboard.subject] = await view.at_every_width(page, found.pictures)
                        say(f"drawing dashboards in a browser: {len(found.pages)} of {len(dashboards)}")
                        if page.is_closed():
                            page = await context.new_page()

                await asyncio.gather(*(one_by_one() for _ in range(SIDE_BY_SIDE)))
            finally:
                await started.close()
    except Error as broken:
        raise BrowserError(f"{browser}: {first_line(broken)}") from broken
    return found


class BrowserError(Exception):
    """No dashboard could be opened; the text says why."""


async def _start(playwright: "Playwright", path: str) -> "Browser":
    # A container's root has no sandbox, and its /dev/shm is small.
    flags = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return await playwright.chromium.launch(
        executable_path=path,
        args=flags,
        handle_sigint=False,
        handle_sigterm=False,
        handle_sighup=False,
        timeout=30_000 * contention(),
    )


async def _signed_in(browser: "Browser", grafana: Grafana) -> "BrowserContext":
    context = await browser.new_context(viewport={"width": WIDTHS[0], "height": 900}, reduced_motion="reduce")
    await context.add_init_script(STILL)
    context.set_default_timeout(SETTLED_S * 1000 * contention())
    user, password = grafana.viewer
    answer = await context.request.post(f"{grafana.url}/login", data={"user": user, "password": password})
    if not answer.ok:
        raise BrowserError(f"Grafana does not sign `{user}` in: status {answer.status}")
    if grafana.read_only:
        await context.route("**/*", _only_reads)
    return context


async def _only_reads(route: "Route") -> None:
    request = route.request
    if request.method in READING or urlsplit(request.url).path.endswith("/api/ds/query"):
        await route.continue_()
    else:
        await route.abort("blockedbyclient")
