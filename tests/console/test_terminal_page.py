"""The page of the terminal in a browser, with a real shell behind it."""

import os
from typing import Literal

import pytest
from playwright.async_api import async_playwright

from suites.dashboards.collect.browser import find_browser
from suites.run.settings import STACK
from tests.console import sshd
from tests.console.conftest import PASSWORD, Consoles
from tests.console.terminals import Served, asciicast, config_of, serve

pytestmark = pytest.mark.skipif(bool(sshd.ABSENT), reason=sshd.ABSENT)
CHROMIUM = find_browser()
PAGES = STACK / "console" / "web" / "dist"


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; on Debian: chromium")
@pytest.mark.skipif(not PAGES.is_dir(), reason="the pages are not built: `make console`")
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_a_browser_shows_what_the_shell_says(
    consoles: Consoles, server: sshd.Sshd, theme: Literal["light", "dark"], width: int
) -> None:
    async def act(served: Served) -> None:
        async with async_playwright() as playwright:
            flags = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
            page = await browser.new_page(color_scheme=theme, viewport={"width": width, "height": 800})
            said: list[str] = []
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(f"error: {error}"))
            await page.goto(f"http://127.0.0.1:{served.port}/console/")
            await page.fill("input[name=name]", "ada")
            await page.fill("input[type=password]", PASSWORD)
            await page.keyboard.press("Enter")
            await page.get_by_role("link", name="Terminal").click()
            await page.get_by_role("button", name="Connect").click()
            await page.get_by_text("connected to bastion").wait_for()
            coloured = "\\033[38;2;200;40;40m"  # beyond the palette: xterm writes it as a style attribute
            await page.keyboard.type(f"printf 'h%so {coloured}r%sd\\033[0m\\n' ell e\n")
            await page.locator(".xterm-rows > div", has_text="hello red").wait_for()
            span = page.locator(".xterm-rows span").get_by_text("red", exact=True)
            assert await span.evaluate("each => each.style.color && each.style.color === getComputedStyle(each).color")
            await page.keyboard.press("Control+Shift+L")
            assert await page.locator(":focus").inner_text() == "Close"
            assert await page.locator("html").evaluate("each => each.scrollWidth") == width
            await page.get_by_role("button", name="End the session of ada on bastion").click()
            await page.get_by_text("The session has ended: ended by ada.").wait_for()
            async with page.expect_download() as download:
                await page.get_by_role("link", name="Download").click()
            text = (await (await download.value).path()).read_text(encoding="utf-8")
            assert "hello " in "".join(data for _, code, data in asciicast(text)[1] if code == "o")
            await browser.close()
        assert [text for text in said if "Security Policy" in text or text.startswith("error")] == []

    serve(consoles, config_of(server.target()), act, web=PAGES)
