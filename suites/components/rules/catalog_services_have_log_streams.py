"""Every service of the catalog that logs has a stream in the running log store.

A service without one is down, logs to a place that the agent does not read, or has other stream labels.
"""

from collections.abc import Iterator

from stack.records.live.catalog import CatalogStreams
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("expected: ['{service=\"api\"}']\nfound: ['{service=\"api\"}']"),
    Bad(
        "expected: ['{service=\"api\"}', '{service=\"checkout\"}']\nfound: ['{service=\"api\"}']",
        'no stream `{service="checkout"}` in the log store for the last hour',
    ),
    Bad(
        "expected: ['{app=\"checkout\"}']\nfound: []\nhours: 6",
        'no stream `{app="checkout"}` in the log store for the last 6 hours',
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/reference/loki-http-api/#list-series",
)
def check(streams: CatalogStreams) -> Iterator[Finding]:
    if not streams.expected:
        raise NotApplicable("no service of the catalog logs")
    period = "hour" if streams.hours == 1 else f"{streams.hours:g} hours"
    for selector in streams.expected:
        if selector not in streams.found:
            yield Finding(
                f"no stream `{selector}` in the log store for the last {period}",
                hint="check that the service runs, that the agent reads its log, and that it sets these labels",
            )
