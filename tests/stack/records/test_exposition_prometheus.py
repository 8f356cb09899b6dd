"""Whatever a real Prometheus refuses to scrape, our rules tell; and it scrapes what they call good.

One Prometheus scrapes a page per document: the examples of all wire-format rules, and damaged expositions.
"""

from __future__ import annotations

import json
import random
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from stack.backends.ports import Ports
from stack.records.exposition.exposition import Exposition, OpenMetricsExposition, TextExposition
from stack.servers.find import find_binary
from suites.core.discovery import in_area
from suites.core.rule import Bad, Good, NotApplicable
from tests.stack.records.test_exposition_properties import BASE, TEXT_BASE, damaged

pytestmark = pytest.mark.native

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
DAMAGED = 150
PROMETHEUS_ALONE = {"metrics/text-timestamps good 1": "it reads no negative timestamp, which the format allows"}
"""Good examples that Prometheus refuses, and why the format is with us."""


class Page(NamedTuple):
    """A document under its path, as it is served."""

    body: bytes
    content_type: str

    def read(self) -> Exposition:
        return Exposition.read(self.body, self.content_type)


def example_pages() -> Iterator[tuple[str, Page]]:
    """Every example of a rule on expositions, with its own Content-Type or the one of its format."""
    for rule in in_area("metrics"):
        if rule.record not in {Exposition, TextExposition, OpenMetricsExposition}:
            continue
        examples: tuple[Good | Bad, ...] = (*rule.good, *rule.bad)
        for number, example in enumerate(examples, 1):
            read = rule.record.parse(example.text)
            text, sent = example.text, read.content_type
            if sent is None:
                sent = OPENMETRICS if isinstance(read, OpenMetricsExposition) else TEXT
            else:
                text = text.partition("\n\n")[2]
            name = f"{rule.id} {'good' if isinstance(example, Good) else 'bad'} {number}"
            yield name, Page(text.encode("utf-8", "surrogateescape"), sent)


def damaged_pages() -> Iterator[tuple[str, Page]]:
    rnd = random.Random(3)  # noqa: S311  # damage need not be secret
    for number in range(DAMAGED):
        yield f"openmetrics {number}", Page(damaged(rnd, BASE).encode(), OPENMETRICS)
        yield f"text {number}", Page(damaged(rnd, TEXT_BASE).encode(), TEXT)


class Scraped(NamedTuple):
    """The pages, and why Prometheus refused them (empty: it did not)."""

    pages: dict[str, Page]
    refusals: dict[str, str]


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    binary = find_binary("prometheus")
    if binary is None:
        pytest.skip("no Prometheus here: `make servers` builds it")
    pages = dict([*example_pages(), *damaged_pages()])
    paths = {f"/{number}": page for number, page in enumerate(pages.values())}
    server = serve(paths)
    folder, ports = tmp_path_factory.mktemp("prometheus"), Ports()
    own = ports.take()
    (folder / "prometheus.yml").write_text(configuration(list(paths), server.server_port))
    command = [
        str(binary.path), f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{own}", "--log.level=error",
    ]  # fmt: skip  # one flag after the other
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        found = wait_for_scrapes(f"http://127.0.0.1:{own}/api/v1/targets", len(paths), folder / "log")
        yield Scraped(pages, {name: found[path] for name, path in zip(pages, paths, strict=True)})
    finally:
        process.terminate()
        process.wait(20)
        server.shutdown()
        server.server_close()
        ports.close()


def serve(paths: dict[str, Page]) -> ThreadingHTTPServer:
    """The pages on a port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = paths[self.path]
            self.send_response(200)
            if page.content_type:
                self.send_header("Content-Type", page.content_type)
            self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            self.wfile.write(page.body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its base calls it so
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def configuration(paths: list[str], port: int) -> str:
    """A scrape job per path; JSON is YAML."""
    jobs = [
        {"job_name": path, "metrics_path": path, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
        for path in paths
    ]
    return json.dumps({"global": {"scrape_interval": "3s", "scrape_timeout": "3s"}, "scrape_configs": jobs})


def wait_for_scrapes(url: str, count: int, log: Path) -> dict[str, str]:
    """The error of each path once all were scraped; its own outcome only, so a timeout is asked for again."""
    deadline = time.monotonic() + 60
    seen: dict[str, str] = {}
    while time.monotonic() < deadline:
        try:
            targets = httpx.get(url).json()["data"]["activeTargets"]
        except (httpx.HTTPError, ValueError):
            targets = []
        seen = {each["labels"]["job"]: each["lastError"] for each in targets if each["health"] != "unknown"}
        if len(seen) == count and not any("deadline exceeded" in error for error in seen.values()):
            return seen
        time.sleep(0.3)
    pytest.fail(f"Prometheus scraped {len(seen)} of {count} pages: {log.read_text()[-500:]}")


def complaints(page: Page) -> list[str]:
    """Every message of the metrics rules about a page."""
    read, found = page.read(), list[str]()
    for rule in in_area("metrics"):
        if rule.record is Exposition or rule.record is type(read):
            try:
                found += [finding.message for finding in rule.judge(read)]
            except NotApplicable:
                continue
    return found


def test_what_prometheus_refuses_our_rules_tell(scraped: Scraped) -> None:
    refused = {name: error for name, error in scraped.refusals.items() if error and name not in PROMETHEUS_ALONE}
    assert len(refused) > 80, "the pages must be such that many are refused"
    missed = {
        name: (error, scraped.pages[name].body)
        for name, error in refused.items()
        if not complaints(scraped.pages[name])
    }
    assert missed == {}


def test_prometheus_scrapes_the_good_examples(scraped: Scraped) -> None:
    refused = {name: error for name, error in scraped.refusals.items() if error and " good " in name}
    assert sorted(refused) == sorted(PROMETHEUS_ALONE)
