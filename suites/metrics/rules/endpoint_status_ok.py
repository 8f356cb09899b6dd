"""The metrics endpoint answers with status 200.

Prometheus takes any other status as a failed scrape and reads nothing of the body.
"""

from collections.abc import Iterator

from stack.records.scrape.scrape import Scrape
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

HINTS = {
    401: "exempt the metrics endpoint from authentication, or give the scrape its credentials (`authorization`)",
    403: "allow the scrape to read the metrics endpoint",
    404: "check the path in `metrics.path`; the service exposes its metrics elsewhere or not at all",
    405: "allow GET on the metrics endpoint",
    406: "answer with the text format when no media type in `Accept` suits",
    429: "exempt the metrics endpoint from rate limits",
    503: "answer scrapes also while the service is starting or degraded: that is when its metrics matter",
}
DEFAULT_HINT = "check the service's log for the error; answer what is known and set an `…_up` gauge to 0"


@rule(
    Good("HTTP/1.1 200 OK\n\na_jobs 1\n"),
    Bad(
        "HTTP/1.1 500 Internal Server Error\n\nboom\n", "the metrics endpoint answers status 500 Internal Server Error"
    ),
    Bad("HTTP/1.1 401 Unauthorized\n\n", "the metrics endpoint answers status 401 Unauthorized"),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#failed-scrapes",
)
def check(scrape: Scrape) -> Iterator[Finding]:
    if scrape.error is None and scrape.status is not None and scrape.status != 200:
        yield Finding(
            f"the metrics endpoint answers status {scrape.status} {scrape.reason}".rstrip(),
            Where(url=scrape.url, excerpt=scrape.head or None),
            HINTS.get(scrape.status, DEFAULT_HINT),
        )
