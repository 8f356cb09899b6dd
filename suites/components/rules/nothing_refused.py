"""Loki and Prometheus refuse nothing that is sent to them.

What exceeds a limit, is too old or out of order is lost; the sender does not send it again.
"""

from collections.abc import Iterator

from stack.records.live.own_metrics import OwnMetrics
from suites.components.helpers.own_metrics import reported
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("component: loki\nexposed: [loki_discarded_samples_total]"),
    Bad(
        'component: loki\nsamples: [\'loki_discarded_samples_total{instance="h:1",reason="line_too_long"} 7\']',
        'h:1 (reason="line_too_long"): log lines were refused (`loki_discarded_samples_total` +7 in 60 min)',
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/request-validation-rate-limits/",
)
def check(own: OwnMetrics) -> Iterator[Finding]:
    hint = "the reason names the limit: raise it, or fix what sends too much, too late or in the wrong order"
    yield from reported(own, "nothing-refused", hint)
