"""When the fault is over, the receiver gets a message that the alert is resolved.

Without that message somebody keeps looking for a fault that is gone, or closes the next one unread.
"""

from collections.abc import Iterator

from stack.records.alerts.trial import AlertTrial
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

SENT = (
    "alert: TargetDown\nservice: victim\nfault: the service was stopped\nwaited_s: 20\n"
    "deliveries: [{receiver: on-call, integration: email}]\n"
)


@rule(
    Good(SENT + "steps: [[firing, 2.0], [delivered, 3.0], [resolved, 6.0]]"),
    Good(SENT + "steps: [[firing, 2.0], [delivered, 3.0], [resolved, 6.0]]\nover: true"),
    Bad(
        SENT + "steps: [[firing, 2.0], [delivered, 3.0]]",
        "the fault is over, and `on-call` got no message within 20 s that `TargetDown` is resolved",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/alerting/latest/configuration/#receiver",
)
def check(trial: AlertTrial) -> Iterator[Finding]:
    if "delivered" not in trial.reached:
        raise NotApplicable("no message about the alert was delivered")
    if not trial.over:
        raise NotApplicable("the alert has no end within a trial: its window is longer, or it always fires")
    if "resolved" not in trial.reached:
        receivers = " and ".join(dict.fromkeys(f"`{one.receiver}`" for one in trial.deliveries))
        yield Finding(
            f"the fault is over, and {receivers} got no message within {trial.waited_s:g} s that `{trial.alert}` is "
            "resolved",
            hint="set `send_resolved: true` at the receiver; it is false by default for chat and e-mail",
        )
