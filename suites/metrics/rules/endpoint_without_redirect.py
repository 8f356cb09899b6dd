"""The metrics endpoint answers at its own address, without a redirect.

Each scrape then costs two requests, and a scrape configuration with `follow_redirects: false` gets nothing.
"""

from collections.abc import Iterator

from stack.records.scrape.scrape import Scrape
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("HTTP/1.1 200 OK\n\na_jobs 1\n"),
    Bad(
        "HTTP/1.1 200 OK\nX-Redirect: 307 /metrics/\n\na_jobs 1\n",
        "the metrics endpoint redirects (307) to `/metrics/`",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config",
)
def check(scrape: Scrape) -> Iterator[Finding]:
    if not scrape.ok or scrape.is_html:
        raise NotApplicable("the metrics endpoint did not answer metrics")
    if scrape.redirects:
        last = scrape.redirects[-1]
        yield Finding(
            f"the metrics endpoint redirects ({last.status}) to `{last.location}`",
            Where(url=scrape.url),
            f"scrape `{last.location}` directly, or mount the metrics at the address that is scraped",
        )
