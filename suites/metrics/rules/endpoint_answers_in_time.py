"""The metrics endpoint answers within the scrape timeout.

Prometheus gives up after `scrape_timeout` (10 s by default) and discards the partial answer: the target is down
although the service runs.
"""

from collections.abc import Iterator

from stack.records.scrape.scrape import Scrape
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("HTTP/1.1 200 OK\nX-Elapsed-Seconds: 9.5\n\na_jobs 1\n"),
    Bad(
        "X-Elapsed-Seconds: 10.01\nX-Error: timeout: no answer at all\n",
        "no complete answer within the scrape timeout of 10 s: no answer at all",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/instrumenting/writing_exporters/#scheduling",
)
def check(scrape: Scrape) -> Iterator[Finding]:
    if scrape.error_kind == "timeout":
        yield Finding(
            f"no complete answer within the scrape timeout of {scrape.timeout_s:g} s: {scrape.error}{scrape.often}",
            Where(url=scrape.url),
            "do not compute or fetch during a scrape what can be kept up to date in the background; check for locks",
        )
