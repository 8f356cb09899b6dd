"""Redirects of the metrics endpoint lead to metrics.

After a redirect to a login page, to another host or in a loop Prometheus gets no metrics, at best a web page.
"""

import re
from collections.abc import Iterator

from stack.records.scrape.scrape import Scrape
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule

LOGIN = re.compile(r"log-?in|sign-?in|/auth|oauth|sso|saml|openid", re.IGNORECASE)


@rule(
    Good("HTTP/1.1 200 OK\nContent-Type: text/plain; version=0.0.4\nX-Redirect: 307 /metrics/\n\na_jobs 1\n"),
    Bad(
        "HTTP/1.1 200 OK\nContent-Type: text/html\nX-Redirect: 302 /login?next=/metrics\n\n<html>\n",
        "the metrics endpoint redirects to a login page: `/login?next=/metrics`",
    ),
    Bad(
        "HTTP/1.1 302 Found\nX-Redirect: 302 /metrics\nX-Error: redirect: `/metrics` redirects to itself\n",
        "the metrics endpoint's redirect fails: `/metrics` redirects to itself",
    ),
    Bad(
        "HTTP/1.1 404 Not Found\nX-Redirect: 302 /old\n\n",
        "the metrics endpoint redirects to `/old`, which answers status 404 Not Found",
    ),
    Bad(
        "X-Redirect: 302 http://h:9/\nX-Error: redirect: `http://h:9/`: connection refused at h:9\n",
        "the metrics endpoint's redirect fails: `http://h:9/`: connection refused at h:9",
    ),
    Unjudged("HTTP/1.1 200 OK\n\na_jobs 1\n", NotApplicable("the metrics endpoint does not redirect")),
    only=lambda scrape: scrape.redirects or scrape.error_kind == "redirect",
    otherwise="the metrics endpoint does not redirect",
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config",
)
def check(scrape: Scrape) -> Iterator[Finding]:
    place = Where(
        url=scrape.url, excerpt=" → ".join(f"{hop.status} {hop.location}" for hop in scrape.redirects) or None
    )
    login = next((hop for hop in scrape.redirects if LOGIN.search(hop.location)), None)
    refused = bool(scrape.redirects) and scrape.error is None and scrape.status != 200
    if login is not None and (scrape.error_kind == "redirect" or scrape.is_html or refused):
        yield Finding(
            f"the metrics endpoint redirects to a login page: `{login.location}`",
            place,
            "exempt the metrics endpoint from authentication, or give the scrape its credentials (`authorization`)",
        )
    elif scrape.error_kind == "redirect":
        hint = "answer metrics at the address that is scraped, or correct that address in `metrics`"
        yield Finding(f"the metrics endpoint's redirect fails: {scrape.error}", place, hint)
    elif refused:
        hint = "answer metrics at the address that is scraped, or redirect to where they are"
        status = f"{scrape.status} {scrape.reason}".rstrip()
        to = scrape.redirects[-1].location
        yield Finding(f"the metrics endpoint redirects to `{to}`, which answers status {status}", place, hint)
    elif scrape.redirects and scrape.is_html:
        hint = "answer metrics at the address that is scraped"
        yield Finding(f"the metrics endpoint redirects to a web page: `{scrape.redirects[-1].location}`", place, hint)
