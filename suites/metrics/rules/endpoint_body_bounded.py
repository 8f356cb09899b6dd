"""The body of the metrics endpoint is bounded.

A body that never ends, or a small compressed one that unpacks to hundreds of megabytes, takes the scraping server
down. Reading stops at a limit far above any sensible exposition.
"""

from collections.abc import Iterator

from stack.records.scrape.scrape import Scrape
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("HTTP/1.1 200 OK\nX-Size: 1000\n\na_jobs 1\n"),
    Bad(
        "HTTP/1.1 200 OK\nX-Max-Bytes: 1000\nX-Error: too-large: reading stopped after 1000 bytes\n",
        "the body is larger than the 1000 bytes that are read at most: reading stopped after 1000 bytes",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config",
)
def check(scrape: Scrape) -> Iterator[Finding]:
    if scrape.error_kind == "too-large":
        yield Finding(
            f"the body is larger than the {scrape.max_bytes} bytes that are read at most: {scrape.error}",
            Where(url=scrape.url, excerpt=scrape.head or None),
            "expose fewer series: check for a label with a value per request, user or path; set `body_size_limit` in "
            "the scrape configuration to protect Prometheus",
        )
    elif scrape.status != 200:
        raise NotApplicable(f"the answer has status {scrape.status}, so its body was not read to the end")
