"""The metrics endpoint answers.

A service that cannot be scraped is not monitored: Prometheus knows nothing of it but `up == 0`.
"""

from collections.abc import Iterator

from stack.records.scrape.scrape import Scrape
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("HTTP/1.1 200 OK\nContent-Type: text/plain; version=0.0.4\n\na_jobs 1\n"),
    Good("HTTP/1.1 500 Internal Server Error\n\n"),
    Bad(
        "X-Url: http://127.0.0.1:9/metrics\nX-Error: connect: connection refused at 127.0.0.1:9\n",
        "the metrics endpoint cannot be reached: connection refused at 127.0.0.1:9",
    ),
    Bad(
        "HTTP/1.1 200 OK\nX-Error: broken: the connection was closed after 10 bytes\n",
        "the metrics endpoint gave no complete answer: the connection was closed after 10 bytes",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/concepts/jobs_instances/",
)
def check(scrape: Scrape) -> Iterator[Finding]:
    where = Where(url=scrape.url, excerpt=scrape.head or None)
    if scrape.error_kind == "connect":
        yield Finding(
            f"the metrics endpoint cannot be reached: {scrape.error}",
            where,
            "check that the service runs and listens there, and that host, port and path in `metrics` are right",
        )
    elif scrape.error_kind == "broken":
        yield Finding(
            f"the metrics endpoint gave no complete answer: {scrape.error}",
            where,
            "check for an exception in the service's log at that moment; a proxy in between may cut the answer too",
        )
