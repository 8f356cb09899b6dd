"""The log page in Chromium under a recorded stream, and how long a line takes from its emission to the screen.

`CONSOLE_PAGE_SECONDS` says how long the stream is watched; ten minutes where it is not set. Left out, which is said,
where there is no Chromium or the pages are not built.
"""

import os
import sys
import time
from collections.abc import Iterator
from statistics import median, quantiles
from typing import TYPE_CHECKING

from benchmarks.console_site import PASSWORD, SERVICE, WEB, Site, console, folder, push, real_loki, replay
from benchmarks.table import Row
from suites.dashboards.collect.browser import find_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RATE = 5_000
WATCHED_S = float(os.environ.get("CONSOLE_PAGE_SECONDS", "600"))
EMITTED = 40
HEAP_GROWTH, SCREEN_S = 1.25, 0.5
TASKS = """() => {
  window.longest = [];
  new PerformanceObserver((list) => { for (const each of list.getEntries()) window.longest.push(each.duration); })
    .observe({ type: 'longtask' });
}"""
SEEN = """(mark) => new Promise((resolve) => {
  const look = () => document.querySelector('.lines').innerText.includes(mark)
    ? resolve(Date.now()) : requestAnimationFrame(look);
  look();
})"""


def measure() -> Iterator[Row]:
    """The page under load, then single lines on their way to the screen."""
    path = find_browser()
    if path is None or not WEB.is_dir():
        print("  no Chromium, or the pages are not built (`make console`): not measured", file=sys.stderr)
        return
    from playwright.sync_api import sync_playwright  # not needed where there is no browser

    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--enable-precise-memory-info"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield from _stream(browser)
            yield from _to_screen(browser)
        finally:
            browser.close()


def _stream(browser: "Browser") -> Iterator[Row]:
    with folder() as home, replay(home, RATE) as upstream, console(home, upstream) as site:
        page = _open(browser, site)
        page.evaluate(TASKS)
        begun, heaps = time.monotonic(), []
        while time.monotonic() - begun < WATCHED_S:
            page.wait_for_timeout(2000)
            heaps.append(page.evaluate("performance.memory.usedJSHeapSize") / 1e6)
        status, tasks = page.locator(".status").inner_text(), sorted(page.evaluate("window.longest"))
        held, _, rest = status.partition(" lines")
        full = "left the view" in rest
        shown = int(held.replace(",", "")) + (int(rest.split()[1].replace(",", "")) if full else 0)
        notice = page.locator(".notice.warning").all_inner_texts()
        page.context.close()
    what = f"console: the log page at {RATE:,} lines a second for {WATCHED_S:.0f} s"
    told = f"{shown:,} lines arrived, {held} held{'; ' + notice[0][:60] if notice else ''}"
    # The 95th percentile is at most 50 ms where at most 5% of the tasks take longer. The browser records those only; a
    # batch arrives ten times a second and is a task, so that there were at least so many.
    number = int(WATCHED_S * 10)
    long = f"{len(tasks)} of at least {number}, the longest {max(tasks, default=0):.0f} ms"
    name = f"{what}: share of tasks of the main thread over 50 ms ({long}; {told})"
    yield Row(name, 100 * len(tasks) / number, 5.0, "the promise", 1, unit="%")
    if full:
        # From when it is full the heap may swing, and not grow.
        half = heaps[len(heaps) // 2 :]
        first, second = max(half[: len(half) // 2]), max(half[len(half) // 2 :])
        name = f"{what}: heap, its highest in the last quarter"
        yield Row(name, second, first, "the quarter before", HEAP_GROWTH, unit="MB")


def _to_screen(browser: "Browser") -> Iterator[Row]:
    with folder() as home, real_loki(home) as loki:
        if not loki:
            print("  no Loki here: emission to screen not measured", file=sys.stderr)
            return
        push(loki, [b"the first line"], time.time_ns(), 1)
        with console(home, loki) as site:
            page = _open(browser, site)
            taken = []
            for number in range(EMITTED):
                now, mark = time.time_ns(), f"emitted {number:03d} {time.time_ns()}"
                push(loki, [mark.encode()], now, 1)
                taken.append(page.evaluate(SEEN, mark) / 1000 - now / 1e9)
                page.wait_for_timeout(150 + number * 7)
            page.context.close()
    what = f"console: from the push to Loki to the screen, median of {EMITTED} (p95 {quantiles(taken, n=20)[18]:.2f} s)"
    yield Row(what, median(taken), SCREEN_S, "the promise", 1)


def _open(browser: "Browser", site: Site) -> "Page":
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{site.url}/console/")
    page.get_by_label("Name").fill(site.accounts[0])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Pages").wait_for()
    page.goto(f"{site.url}/console/?page=logs&service={SERVICE}&range=15m")
    page.locator(".line").first.wait_for()
    return page
