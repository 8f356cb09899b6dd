"""The metrics endpoint answers with status 200.

Prometheus takes any other status as a failed scrape and reads nothing of the body.
"""

import re
from collections.abc import Iterator

from stack.records.scrape.scrape import Scrape
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

HINTS = {
    401: "exempt the metrics endpoint from authentication, or give the scrape its credentials (`authorization`)",
    403: "allow the scrape to read the metrics endpoint",
    404: "check the path in `metrics.path`; the service exposes its metrics elsewhere or not at all",
    405: "allow GET on the metrics endpoint",
    406: "answer with the text format when no media type in `Accept` suits",
    429: "exempt the metrics endpoint from rate limits",
    503: "answer scrapes also while the service is starting or degraded: that is when its metrics matter",
}
TO_TLS = re.compile(r"HTTP request (?:was sent )?to (?:an )?HTTPS", re.IGNORECASE)
"""What servers of Go and nginx answer."""
DEFAULT_HINT = "check the service's log for the error; answer what is known and set an `…_up` gauge to 0"


@rule(
    Good("HTTP/1.1 200 OK\n\na_jobs 1\n"),
    Bad(
        "HTTP/1.1 500 Internal Server Error\n\nboom\n", "the metrics endpoint answers status 500 Internal Server Error"
    ),
    Bad("HTTP/1.1 401 Unauthorized\n\n", "the metrics endpoint answers status 401 Unauthorized"),
    Bad(
        "HTTP/1.1 503 Service Unavailable\nX-Share: in 1 of 9 scrapes\n\n",
        "the metrics endpoint answers status 503 Service Unavailable, in 1 of 9 scrapes",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#failed-scrapes",
)
def check(scrape: Scrape) -> Iterator[Finding]:
    if scrape.redirects:
        raise NotApplicable("it redirects, which is judged by the rule on redirects")
    if scrape.error is None and scrape.status is not None and scrape.status != 200:
        status = f"{scrape.status} {scrape.reason}".rstrip()
        yield Finding(
            f"the metrics endpoint answers status {status}{scrape.often}",
            Where(url=scrape.url, excerpt=scrape.head or None),
            _hint(scrape),
        )


def _hint(scrape: Scrape) -> str:
    status = scrape.status or 0
    if status == 400 and TO_TLS.search(scrape.head):
        return "write `https://`: this port speaks TLS"
    if 300 <= status < 400:
        return "answer metrics at this address, or say in `Location` where they are"
    if 200 < status < 300:
        return "answer with status 200: Prometheus reads no other answer"
    if scrape.share and status >= 500:
        return (
            "check the service's log for the error, which does not come every time: a worker or instance behind a "
            "balancer that is not ready, a lock, or a dependency; answer what is known instead"
        )
    return HINTS.get(status, DEFAULT_HINT)
