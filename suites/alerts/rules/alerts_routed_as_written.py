"""The running Alertmanager routes each alert to the receivers that its file names for it.

After a reload that failed, or with another file mounted, alerts go where they went before, and everything looks calm.
"""

from collections.abc import Iterator

from stack.records.alerts.running import AlertRouting
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


def routing(actual: str) -> str:
    return f"{{alert: TargetDown, expected: [on-call], actual: [{actual}]}}"


@rule(
    Good(routing("on-call")),
    Bad(routing("team"), "`TargetDown` is routed to `team`, by alertmanager/alertmanager.yml to `on-call`"),
    Bad(
        routing("on-call, team"),
        "`TargetDown` is routed to `on-call` and `team`, by alertmanager/alertmanager.yml to `on-call`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/alerting/latest/configuration/#route",
)
def check(routing: AlertRouting) -> Iterator[Finding]:
    if set(routing.expected) != set(routing.actual):
        actual, expected = (" and ".join(f"`{one}`" for one in names) for names in (routing.actual, routing.expected))
        yield Finding(
            f"`{routing.alert}` is routed to {actual or 'nobody'}, by {routing.file} to {expected}",
            Where(file=routing.file),
            hint="reload Alertmanager (SIGHUP) and read its log: it keeps the old file where the new is refused",
        )
