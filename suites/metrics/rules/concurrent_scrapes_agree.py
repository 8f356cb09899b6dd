"""Scrapes at the same time get the same metrics.

Two Prometheus servers scrape for high availability, and people open the endpoint as well. Section "Concurrency" of
OpenMetrics 1.0: concurrent expositions MUST be supported; section "Statelessness": each gets the same exposition.
"""

from collections.abc import Iterator

from stack.records.scrape.scrape import ConcurrentScrapes
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

HINT = "check for state that one scrape changes for another: a registry filled per scrape, a reset on read, a lock"


@rule(
    Good("HTTP/1.1 200 OK\n\na_jobs 1\n=====\nHTTP/1.1 200 OK\n\na_jobs 2\n"),
    Bad(
        "HTTP/1.1 200 OK\n\na_jobs 1\n=====\nHTTP/1.1 503 Service Unavailable\n\n",
        "1 of 2 scrapes at the same time failed: status 503 Service Unavailable",
    ),
    Bad(
        'HTTP/1.1 200 OK\n\na_jobs{q="x"} 1\nb_jobs 1\n=====\nHTTP/1.1 200 OK\n\nb_jobs 1\n',
        '1 series is missing from some of 2 scrapes at the same time, first `a_jobs{q="x"}`',
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/specs/om/open_metrics_spec/#concurrency",
)
def check(concurrent: ConcurrentScrapes) -> Iterator[Finding]:
    scrapes = concurrent.scrapes
    failed = [scrape for scrape in scrapes if not scrape.ok]
    if failed:
        first = failed[0]
        what = first.error or f"status {first.status} {first.reason}".rstrip()
        message = f"{len(failed)} of {len(scrapes)} scrapes at the same time failed: {what}"
        yield Finding(message, Where(url=first.url), HINT)
    answered = [series for scrape, series in zip(scrapes, concurrent.series, strict=True) if scrape.ok]
    if len(answered) < 2:
        return
    missing = sorted(frozenset.union(*answered) - frozenset.intersection(*answered))
    if missing:
        first_missing = missing[0].decode(errors="replace")
        number = "1 series is" if len(missing) == 1 else f"{len(missing)} series are"
        yield Finding(
            f"{number} missing from some of {len(answered)} scrapes at the same time, first `{first_missing}`",
            Where(url=scrapes[0].url, series=first_missing),
            HINT,
        )
