"""What Prometheus is deployed to scrape is made from the catalog and the component table."""

import json
from pathlib import Path

from fixtures.catalog import load
from suites.run.target_files import ROOT, services, stale, text

SERVICE = """\
name: shop
system: web
owner: {team: Shop, contact: shop@example.com}
start: {containers: {image: "example/shop:1"}}
metrics: {port: 9000, path: /internal/metrics, job: web-shop}
logs: {format: none, reason: it writes none}
"""


def test_the_target_files_are_fresh() -> None:
    assert [str(path.relative_to(ROOT)) for path in stale()] == [], "run `make targets`"


def test_a_service_is_scraped_where_its_catalog_entry_says_if_it_is_a_container_of_its_own(tmp_path: Path) -> None:
    attached = SERVICE.replace("shop", "elsewhere").replace(
        '{containers: {image: "example/elsewhere:1"}}', '{attached: {url: "http://x"}}'
    )
    for name, entry in {"shop": SERVICE, "elsewhere": attached}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "service.yaml").write_text(entry, encoding="utf-8")

    groups = json.loads(text(services(load(tmp_path).services)))

    labels = {
        "job": "web-shop",
        "system": "web",
        "service": "shop",
        "instance": "shop-1",
        "__metrics_path__": "/internal/metrics",
    }
    assert groups == [{"targets": ["shop:9000"], "labels": labels}]
