"""The main paths through the pages in a real browser, at the console itself and behind the real gateway; and axe."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from stack.backends.ports import free_port
from tests.console.browser import WEB, Store, build, chromium, serving, sign_in
from tests.gateway.test_gateway import running

AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")
MINUTE = 60 * 10**9
BEYOND = """() => [...document.querySelectorAll('.table button, .table a')]
  .filter((each) => each.getBoundingClientRect().right > innerWidth).map((each) => each.textContent)"""
expect.set_options(timeout=60_000)


@dataclass
class Site:
    """A running console: its address, the log lines behind it, and a browser."""

    url: str
    store: Store
    browser: Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("pages"))


@pytest.fixture(params=["console", "gateway"])
def site(request: pytest.FixtureRequest, browser: Browser, pages: Path, tmp_path: Path) -> Iterator[Site]:
    folder, store = tmp_path, Store()
    if request.param == "console":
        with serving(folder / "data", store, pages) as address:
            yield Site(f"http://{address}", store, browser)
        return
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    home = tmp_path / "gateway"
    home.mkdir()
    with (
        serving(folder / "data", store, pages, public) as address,
        running(home, address, port, GATEWAY_ACCESS="console", CONSOLE_UPSTREAM=address),
    ):
        yield Site(public, store, browser)


@pytest.fixture
def page(site: Site) -> Iterator[Page]:
    context = site.browser.new_context(viewport={"width": 1440, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    opened = context.new_page()
    broken: list[str] = []
    opened.on("pageerror", lambda error: broken.append(str(error)))
    opened.on("console", lambda told: broken.append(told.text) if "Content Security Policy" in told.text else None)
    sign_in(opened, site.url)
    yield opened
    context.close()
    assert broken == []


def rows(page: Page) -> list[str]:
    return page.locator(".line .text").all_inner_texts()


def test_live_lines_pause_search_and_filter_by_a_field(site: Site, page: Page) -> None:
    for number in range(5):
        site.store.write("live", json.dumps({"msg": f"stored {number}", "status": 200 + number}))
    page.goto(f"{site.url}/console/?page=logs&service=live")
    expect(page.get_by_text("stored 4")).to_be_visible()
    site.store.write("live", json.dumps({"msg": "came live", "status": 200}), level="error")
    expect(page.get_by_text("came live")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    site.store.write("live", "while it was paused")
    page.get_by_role("button", name="1 new").click()
    expect(page.get_by_text("while it was paused")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()

    page.keyboard.press("/")
    page.keyboard.type("stored")
    page.keyboard.press("Enter")
    expect(page.locator(".line")).to_have_count(5)
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.locator(".drawer").get_by_role("button", name="204", exact=True).click()
    expect(page.locator(".line")).to_have_count(1)
    assert 'has="status": 204' in page.evaluate("decodeURIComponent(location.search.replaceAll('+', ' '))")
    page.get_by_role("button", name="contains “stored”").click()
    page.get_by_label("How to search").select_option("does not contain")
    page.get_by_label("Search text").fill("204")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No line in this range matches the filters. Without them there are some")).to_be_visible()


def test_the_end_is_seen_while_many_lines_arrive(site: Site, page: Page) -> None:
    site.store.write("busy", "first")
    page.goto(f"{site.url}/console/?page=logs&service=busy")
    expect(page.get_by_text("first")).to_be_visible()
    for number in range(400):
        site.store.write("busy", f"number {number}")
    expect(page.get_by_text("number 399", exact=True)).to_be_in_viewport()


def test_a_link_to_a_line_shows_it_among_thousands(site: Site, page: Page) -> None:
    now = time.time_ns()
    for number in range(6000):
        site.store.write("linked", f"entry {number}", now - 2 * MINUTE + number * 10_000_000)
    page.goto(f"{site.url}/console/?page=logs&service=linked&has=entry%201500")
    page.locator(".line", has_text="entry 1500").click()
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()").replace("has=entry+1500&", "")
    other = page.context.new_page()
    other.goto(link)
    expect(other.locator(".line.selected")).to_contain_text("entry 1500", timeout=60_000)
    expect(other.locator(".line.selected")).to_be_in_viewport()
    assert {"entry 1499", "entry 1501"} <= set(rows(other))
    other.get_by_role("button", name="Lines around it").click()
    expect(other.locator(".around")).to_contain_text("entry 1490", timeout=60_000)


def test_services_are_merged_and_colours_and_rows_of_a_line_shown(site: Site, page: Page) -> None:
    site.store.write("one", "\u001b[31mred\u001b[0m and plain")
    site.store.write("two", "Traceback\n  in a second row", level="error")
    page.goto(f"{site.url}/console/?page=logs&service=one&service=two")
    expect(page.locator(".line .service")).to_have_text(["one", "two"])
    expect(page.locator(".line .ansi-red")).to_have_text("red")
    expect(page.locator(".line .level")).to_have_text(["info", "error"])
    assert page.locator(".line").nth(1).bounding_box()["height"] < 30  # type: ignore[index]  # it is shown
    page.keyboard.press("w")
    expect(page.locator(".line").nth(1)).to_contain_text("Traceback\n  in a second row")


def test_an_empty_range_says_when_the_last_line_was(site: Site, page: Page) -> None:
    site.store.write("quiet", "long ago", time.time_ns() - 3 * 60 * MINUTE)
    page.goto(f"{site.url}/console/?page=logs&service=quiet&range=1h")
    expect(page.get_by_text(re.compile(r"No line in this range; the last was 3 h ago"))).to_be_visible()
    page.get_by_role("button", name="Show the hour before it").click()
    expect(page.get_by_text("long ago")).to_be_visible()


def test_dragging_over_the_counts_zooms_in(site: Site, page: Page) -> None:
    for ago in (50, 10):
        site.store.write("zoom", f"{ago} minutes ago", time.time_ns() - ago * MINUTE)
    page.goto(f"{site.url}/console/?page=logs&service=zoom&range=1h")
    box = page.locator(".histogram svg").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 1, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    page.mouse.up()
    expect(page.locator(".line")).to_have_count(1)
    expect(page.get_by_text("50 minutes ago")).to_be_visible()


def test_an_export_is_every_line_and_sign_out_ends_it(site: Site, page: Page) -> None:
    for number in range(1200):
        site.store.write("export", f"row {number}", time.time_ns() - MINUTE + number)
    page.goto(f"{site.url}/console/?page=logs&service=export")
    expect(page.get_by_text("row 1199", exact=True)).to_be_visible()
    page.keyboard.press("e")
    with page.expect_download() as download:
        page.get_by_role("link", name="txt").click()
    assert download.value.path().read_text("utf-8").splitlines() == [f"row {number}" for number in range(1200)]
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto(f"{site.url}/console/?page=logs&service=export")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_an_alert_is_silenced_with_a_reason_and_the_silence_ended(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/console/?page=alerts")
    page.get_by_role("button", name="Silence").click()
    page.get_by_label("Reason").fill("disk is being replaced")
    page.get_by_role("dialog").get_by_role("button", name="Silence").click()
    expect(page.locator(".silence")).to_contain_text("by ada: disk is being replaced")
    page.get_by_role("button", name="End").click()
    expect(page.locator(".silence")).to_have_count(0)
    page.goto(f"{site.url}/console/?page=audit&event=silence_created")
    expect(page.locator("tbody tr").first).to_contain_text("silence_created")
    expect(page.get_by_text("the chain is intact")).to_be_visible()


def test_an_account_is_made_and_narrowed(site: Site, page: Page) -> None:
    name = f"user{time.time_ns()}"
    page.goto(f"{site.url}/console/?page=users")
    page.get_by_role("button", name="New account").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label(re.compile("Password")).fill("Plum-tree-42-moon")
    page.get_by_label("Systems").fill("dante")
    page.get_by_role("button", name="Create").click()
    row = page.locator("tr", has_text=name)
    expect(row).to_contain_text("dante")
    row.get_by_role("button", name="Change").click()
    page.get_by_label("Systems").fill("")
    page.get_by_label("Services").fill("storage")
    page.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("storage")


def test_a_long_list_has_pages(site: Site, page: Page) -> None:
    ours = {"X-Console-Request": "1", "Origin": site.url, "Sec-Fetch-Site": "same-origin"}
    for number in range(201):
        made = page.request.post(
            f"{site.url}/api/v1/tokens", headers=ours, data={"label": f"token {number}", "systems": ["*"]}
        )
        assert made.ok, made.text()
    page.goto(f"{site.url}/console/?page=tokens")
    expect(page.locator("tbody tr")).to_have_count(200)
    expect(page.get_by_text("token 200", exact=True)).to_have_count(0)
    page.get_by_role("button", name="More").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_text("token 200", exact=True)).to_be_visible()
    page.get_by_role("button", name="First page").click()
    expect(page.locator("tbody tr")).to_have_count(200)


def test_panels_are_drawn_with_the_values_of_their_variables(site: Site, page: Page) -> None:
    page.goto(f"{site.url}/console/?page=dashboards&board=services")
    expect(page.get_by_text("these panels are drawn by the console itself")).to_be_visible()
    expect(page.locator(".panel .number").first).to_have_text("3")
    expect(page.locator(".panel canvas").first).to_be_visible()
    with page.expect_request(lambda asked: "query_range" in asked.url and "service%3D%22storage%22" in asked.url):
        page.locator("label", has_text=re.compile("^Service")).locator("select").select_option("storage")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
def test_axe_finds_nothing_serious_on_any_page(site: Site, page: Page, theme: str, width: int) -> None:
    site.store.write("axe", json.dumps({"msg": "a line", "error": {"kind": "timeout"}}), level="error")
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    links = page.get_by_role("navigation", name="Pages").get_by_role("link").all()
    places = [link.get_attribute("href") or "" for link in links]
    assert len(places) >= 8
    found = {}
    for place in [*places, "?page=logs&service=axe", "?page=dashboards&board=services"]:
        page.goto(f"{site.url}/console/{place}")
        page.wait_for_load_state("networkidle" if "service=" not in place else "load")
        if "service=" in place:
            page.locator(".line").last.click()
            page.locator(".drawer").wait_for()
        found[place] = problems(page)
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, f"{place} is {wider} px wider than the window"
        beyond = page.evaluate(BEYOND)
        assert beyond == [], f"{place}: buttons in tables that one must scroll sideways to"
    assert {place: each for place, each in found.items() if each} == {}


def test_axe_finds_what_is_wrong(page: Page) -> None:
    page.evaluate("document.querySelector('#content').append(document.createElement('input'))")
    assert any(each.startswith("label") for each in problems(page))


def problems(page: Page) -> list[str]:
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['html'][:150]}"
        for each in found["violations"]
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]


def test_paper_has_the_lines_and_not_the_controls(site: Site, page: Page) -> None:
    now = time.time_ns()
    for number in range(200):
        site.store.write("print", f"on paper {number}", now - MINUTE + number)
    page.goto(f"{site.url}/console/?page=logs&service=print")
    expect(page.get_by_text("on paper 199")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".line")).to_have_count(200)
    expect(page.locator(".toolbar")).to_be_hidden()


def test_paper_has_the_names_and_not_the_buttons_of_a_table(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/console/?page=containers")
    page.get_by_role("button", name="restart").wait_for()
    page.emulate_media(media="print")
    expect(page.get_by_text("observability-redis-exporter-1")).to_be_visible()
    expect(page.get_by_text("restart", exact=True)).to_be_hidden()
