"""The metrics endpoint answers.

A service that cannot be scraped is not monitored: Prometheus knows nothing of it but `up == 0`.
"""

from collections.abc import Iterator

from stack.records.scrape.scrape import Scrape
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

HINTS = {
    "connect": "check that the service runs and listens there, and that host, port and path in `metrics` are right",
    "tls": "check the certificate and the versions of TLS that the service offers",
    "http": "check the port, where another program may listen, and what writes the headers, such as a proxy in between",
    "cut": "check for an exception in the service's log at that moment, and for a wrong Content-Length; a proxy in "
    "between may cut the answer too",
    "gzip": "compress the body once and to its end, in one place only: the service or the proxy in between",
}
HINTS_BY_CAUSE = {
    "without an answer": "check for a crash in the service's log at that moment; where the port speaks TLS, write "
    "`https://`",
    "it speaks TLS": "write `https://` in the address",
    "self-signed": "name it with `--ca-file` or `metrics.ca_file`; Prometheus needs it in `tls_config.ca_file`",
    "not trusted": "name the authority's certificate with `--ca-file` or `metrics.ca_file`; Prometheus needs it in "
    "`tls_config.ca_file`; let the server send the certificates between its own and the authority's as well",
    "expired": "renew the certificate, and let the service load the new one",
    "not valid yet": "check the clocks of the service and of this machine, and the date from which it is valid",
    "is for other": "scrape the service by a name in its certificate, or add this one to the certificate",
    "does not speak TLS": "write `http://`, or let the service listen with TLS on this port",
    "client certificate": "exempt the metrics endpoint from client certificates, or serve it on a port of its own",
}


@rule(
    Good("HTTP/1.1 200 OK\nContent-Type: text/plain; version=0.0.4\n\na_jobs 1\n"),
    Good("HTTP/1.1 500 Internal Server Error\n\n"),
    Bad(
        "X-Url: http://127.0.0.1:9/metrics\nX-Error: connect: connection refused at 127.0.0.1:9\n",
        "the metrics endpoint cannot be reached: connection refused at 127.0.0.1:9",
    ),
    Bad(
        "X-Url: https://127.0.0.1:9/metrics\nX-Error: tls: the server's certificate is self-signed at 127.0.0.1:9\n",
        "the metrics endpoint cannot be reached: the server's certificate is self-signed at 127.0.0.1:9",
    ),
    Bad(
        "HTTP/1.1 200 OK\nX-Error: cut: the connection was lost\nX-Share: in 1 of 9 scrapes\n",
        "the metrics endpoint gave no complete answer: the connection was lost, in 1 of 9 scrapes",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/concepts/jobs_instances/",
    root_cause=True,
)
def check(scrape: Scrape) -> Iterator[Finding]:
    hint = HINTS.get(scrape.error_kind or "")
    if hint is None:
        return
    reached = scrape.error_kind not in ("connect", "tls")
    what = "gave no complete answer" if reached else "cannot be reached"
    hint = next((better for cause, better in HINTS_BY_CAUSE.items() if cause in (scrape.error or "")), hint)
    where = Where(url=scrape.url, excerpt=scrape.head or None)
    yield Finding(f"the metrics endpoint {what}: {scrape.error}{scrape.often}", where, hint)
