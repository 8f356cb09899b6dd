"""Of several alerts on one fault only the gravest is sent.

Three messages about one fault hide the one that matters. An inhibition holds the others back while the gravest fires.
"""

from collections.abc import Iterator

from stack.records.alerts.trial import AlertTrial
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

FIRED = (
    "alert: ErrorsFast\nservice: victim\nfault: requests failed\nshown_by: requests_total\n"
    "steps: [[firing, 2.0], [routed, 2.1]]\n"
)


@rule(
    Good(FIRED + "others: [{alert: ErrorsSlowly, inhibited_s: 2.5}]"),
    Bad(
        FIRED + "others: [{alert: ErrorsSlowly, sent_to: [team]}]",
        "`ErrorsSlowly` is not inhibited while `ErrorsFast` fires on the same service and metric, and was sent to "
        "`team`",
    ),
    Bad(
        FIRED + "others: [{alert: ErrorsSlowly}]",
        "`ErrorsSlowly` is not inhibited while `ErrorsFast` fires on the same service and metric",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/alerting/latest/alertmanager/#inhibition",
)
def check(trial: AlertTrial) -> Iterator[Finding]:
    if not trial.others:
        raise NotApplicable("no other alert fired on the fault")
    for other in trial.others:
        if other.inhibited_s is None:
            sent = f", and was sent to {' and '.join(f'`{one}`' for one in other.sent_to)}" if other.sent_to else ""
            yield Finding(
                f"`{other.alert}` is not inhibited while `{trial.alert}` fires on the same service and metric{sent}",
                hint=f'`source_matchers: [alertname="{trial.alert}"]`, `target_matchers: [alertname="{other.alert}"]`, '
                "`equal` the labels that say what both are about",
            )
