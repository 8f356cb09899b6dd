"""Whatever a real Prometheus refuses to scrape, our rules report; and it scrapes their good examples.

One Prometheus scrapes a page per document: the examples of all rules on the format, and damaged expositions.
"""

import json
import random
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest

from fixtures.broken._miniature.endpoints import text
from fixtures.broken._miniature.loopback_server import Answer, Behaviour, Headers, serving
from stack.backends.ports import Ports
from stack.backends.process import ProcessSpec, start
from stack.eventually import eventually
from stack.records.exposition.exposition import Exposition, OpenMetricsExposition, TextExposition
from stack.servers.find import find_binary
from suites.core.discovery import in_area
from suites.core.rule import Bad, Good, NotApplicable
from tests.stack.records.test_exposition_properties import BASE, TEXT_BASE, damaged

pytestmark = pytest.mark.native

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
DAMAGED = 150


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
    folder, ports = tmp_path_factory.mktemp("prometheus"), Ports()
    own = ports.take()
    argv = (
        str(binary.path), f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{own}", "--log.level=error",
    )  # fmt: skip  # one flag after the other
    with serving({path: behaviour(page) for path, page in paths.items()}) as server:
        (folder / "prometheus.yml").write_text(configuration(list(paths), server.port))
        running = start(ProcessSpec("prometheus", argv, folder, folder / "log"))
        try:
            errors = scrape_errors(f"http://127.0.0.1:{own}/api/v1/targets", len(paths))
            yield Scraped(pages, {name: errors[path] for name, path in zip(pages, paths, strict=True)})
        finally:
            running.stop()
            ports.close()


def behaviour(page: Page) -> Behaviour:
    async def answer(_: Headers) -> Answer:
        status, headers, body = text(page.body, page.content_type)
        return status, {name: value for name, value in headers.items() if value}, body

    return answer


def configuration(paths: list[str], port: int) -> str:
    """A scrape job per path; JSON is YAML."""
    jobs = [
        {"job_name": path, "metrics_path": path, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
        for path in paths
    ]
    return json.dumps({"global": {"scrape_interval": "3s", "scrape_timeout": "3s"}, "scrape_configs": jobs})


def scrape_errors(url: str, count: int) -> dict[str, str]:
    """The error of each path once all were scraped; scrapes that ran into their timeout are waited for again."""

    def errors() -> dict[str, str]:
        targets = httpx.get(url).raise_for_status().json()["data"]["activeTargets"]
        found = {each["labels"]["job"]: each["lastError"] for each in targets if each["health"] != "unknown"}
        return {path: error for path, error in found.items() if "deadline exceeded" not in error}

    return eventually(errors, lambda found: len(found) == count, 120, describe=f"{count} scraped pages")


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


def test_our_rules_report_what_prometheus_refuses(scraped: Scraped) -> None:
    refused = {name: error for name, error in scraped.refusals.items() if error}
    assert len(refused) > 80, "the pages must be such that many are refused"
    missed = {
        name: (error, scraped.pages[name].body)
        for name, error in refused.items()
        if not complaints(scraped.pages[name])
    }
    assert missed == {}


def test_prometheus_scrapes_the_good_examples(scraped: Scraped) -> None:
    refused = {name: error for name, error in scraped.refusals.items() if error and " good " in name}
    assert refused == {}
