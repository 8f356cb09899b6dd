"""Only the gateway is reachable from other machines.

Prometheus, Loki and the exporters have no authentication: anyone who reaches their port reads, and writes, everything.
"""

from collections.abc import Iterator

from stack.records.live.components import Listeners
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule


@rule(
    Good("{component: loki, addresses: ['127.0.0.1:3100', '[::1]:9095']}"),
    Bad(
        "{component: loki, addresses: ['127.0.0.1:3100', '[::]:9095', '10.0.0.4:7946']}",
        "loki is reachable from other machines at [::]:9095 and 10.0.0.4:7946",
    ),
    Unjudged(
        "{component: gateway, addresses: ['0.0.0.0:4080']}",
        NotApplicable("the gateway is there for other machines to reach it"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/authentication/",
)
def check(listeners: Listeners) -> Iterator[Finding]:
    if listeners.component == "gateway":
        raise NotApplicable("the gateway is there for other machines to reach it")
    if listeners.public:
        yield Finding(
            f"{listeners.component} is reachable from other machines at {' and '.join(listeners.public)}",
            hint="bind it to 127.0.0.1, or publish its port there (`127.0.0.1:9090:9090`)",
        )
