"""Every service of the catalog that logs has a stream in the running log store.

A service without one is down, logs to a place that the agent does not read, or has another `service` label.
"""

from collections.abc import Iterator

from stack.records.live.catalog import CatalogStreams
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{expected: [api], found: [api, other]}"),
    Bad(
        "{expected: [api, checkout], found: [api]}",
        'no stream `{service="checkout"}` in the log store for the last hour',
    ),
    Bad(
        "{expected: [checkout], found: [], hours: 6}",
        'no stream `{service="checkout"}` in the log store for the last 6 hours',
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/reference/loki-http-api/#list-series",
)
def check(streams: CatalogStreams) -> Iterator[Finding]:
    if not streams.expected:
        raise NotApplicable("no service of the catalog logs")
    period = "hour" if streams.hours == 1 else f"{streams.hours:g} hours"
    for name in streams.expected:
        if name not in streams.found:
            yield Finding(
                f'no stream `{{service="{name}"}}` in the log store for the last {period}',
                hint="check that it runs and that the agent reads its log (top of stack/promtail/promtail-config.yaml)",
            )
