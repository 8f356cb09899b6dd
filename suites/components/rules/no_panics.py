"""No component panics.

The request that made it panic is lost, and the next one like it, too.
"""

from collections.abc import Iterator

from stack.records.live.own_metrics import OwnMetrics
from suites.components.helpers.own_metrics import reported
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("component: loki\nexposed: [loki_panic_total]"),
    Bad(
        "component: loki\nsamples: ['loki_panic_total{instance=\"h:1\"} 1']",
        "h:1: it panicked (`loki_panic_total` +1 in 60 min)",
    ),
    level=Level.MUST,
    source="https://github.com/grafana/loki/tree/main/production/loki-mixin",
)
def check(own: OwnMetrics) -> Iterator[Finding]:
    hint = "the stack trace is in its log: move to a release in which that is fixed"
    yield from reported(own, "no-panics", hint)
