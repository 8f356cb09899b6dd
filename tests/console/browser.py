"""The built pages in a real Chromium, over log lines in memory and servers that answer from a table."""

import asyncio
import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from stack.console.access.scope import Role
from stack.console.app import create_app
from stack.console.serve import listen, server_of
from stack.console.settings import Settings
from stack.console.upstream.stand_in import StandInLogs
from stack.records.logs.entry import LogEntry
from suites.dashboards.collect.browser import find_browser
from tests.console.conftest import PASSWORD, Behind

WEB = Path(__file__).resolve().parents[2] / "stack" / "console" / "web"
DASHBOARDS = WEB.parents[1] / "grafana" / "dashboards"
MATCHER = re.compile(r'(\w+)(=~?)"([^"]*)"')
ALERT = {
    "fingerprint": "f1",
    "labels": {"alertname": "ErrorRateHigh", "severity": "critical", "service": "storage", "system": "dante"},
    "annotations": {"summary": "More than 5% of the requests fail"},
    "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
    "receivers": [{"name": "on-call"}],
    "startsAt": "2026-11-01T00:00:00Z",
}

CONTAINER: dict[str, Any] = {
    "Id": "c" * 64,
    "Names": ["/observability-redis-exporter-1"],
    "Labels": {"com.docker.compose.project": "observability", "com.docker.compose.service": "redis-exporter"},
    "Image": "oliver006/redis_exporter:v1.80.0",
    "State": "running",
    "Status": "Up 3 hours (healthy)",
}


class Store:
    """Log lines that the stand-in for Loki serves, and to which a test adds."""

    def __init__(self) -> None:
        self.lines: list[LogEntry] = []

    def write(self, service: str, text: str, at: int = 0, level: str = "info") -> None:
        labels = (("instance", "main"), ("level", level), ("service", service), ("system", "dante"))
        self.lines.append(LogEntry(labels, at or time.time_ns(), text, (("request_id", f"r{len(self.lines)}"),)))

    async def entries(self, streams: str, start: int, end: int) -> list[LogEntry]:
        wanted = MATCHER.findall(streams)
        return [
            each
            for each in sorted(self.lines, key=lambda line: line.timestamp_ns)
            if start <= each.timestamp_ns < end
            and all(
                re.fullmatch(value if operator == "=~" else re.escape(value), dict(each.labels).get(name, ""))
                for name, operator, value in wanted
            )
        ]


def behind() -> Behind:
    """Alertmanager with one alert and what is silenced, one container, Prometheus with one series for every query."""
    silences: list[dict[str, Any]] = []

    def silenced(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            told = json.loads(request.content)
            silences.append({"id": f"s{len(silences)}", "status": {"state": "active"}, **told})
            return httpx.Response(200, json={"silenceID": silences[-1]["id"]})
        if request.method == "DELETE":
            silences.clear()
        return httpx.Response(200, json=silences)

    now = time.time()
    series = {"metric": {"service": "storage"}, "value": [now, "3"], "values": [[now - 60, "1"], [now, "3"]]}
    return Behind(
        {
            "/api/v2/alerts": [ALERT],
            "/api/v2/silence": silenced,
            "/containers/json": [CONTAINER],
            f"/containers/{CONTAINER['Id']}/json": {
                "Id": CONTAINER["Id"],
                "Name": CONTAINER["Names"][0],
                "Config": {"Labels": CONTAINER["Labels"], "Image": CONTAINER["Image"]},
                "State": {"Status": "running"},
            },
            f"/containers/{CONTAINER['Id']}/stats": {"memory_stats": {"usage": 150 << 20}},
            "/api/v1/rules": {"data": {"groups": []}},
            "/api/v1/query": {"data": {"resultType": "vector", "result": [series]}},
        }
    )


@contextmanager
def serving(folder: Path, store: Store, pages: Path, public: str = "") -> Iterator[str]:
    """A console with the account `ada`; gives its `host:port`."""
    listener = listen("127.0.0.1:0")
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    url = "http://elsewhere.test"
    settings = Settings(
        data=folder,
        public_url=public or f"http://{address}",
        prometheus=url,
        alertmanager=url,
        docker=url,
        dashboards=DASHBOARDS,
        web=pages,
    )
    logs: Any = store
    app = create_app(settings, httpx.MockTransport(behind()), StandInLogs(logs))
    app.state.guard.accounts.create("ada", PASSWORD, Role.ADMIN, ["*"], [])
    server = server_of(app)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
    thread.start()
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join()


def build(folder: Path) -> Path:
    """Build the pages; skips the calling test, with the reason, where they cannot be built."""
    if not (WEB / "node_modules" / "vite").is_dir() or shutil.which("npm") is None:
        pytest.skip("the pages cannot be built: `make console` installs what they need (Node 20.19 or newer with npm)")
    pages = folder / "dist"
    command = ["npm", "exec", "--", "vite", "build", "--outDir", str(pages), "--emptyOutDir", "--logLevel", "error"]
    subprocess.run(command, cwd=WEB, check=True, timeout=300)
    return pages


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; skips the calling test where there is none."""
    path = find_browser()
    if path is None:
        pytest.skip("there is no Chromium: `apt install chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def sign_in(page: Page, url: str) -> None:
    page.set_default_timeout(60_000)
    page.goto(f"{url}/console/")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Pages").wait_for()
