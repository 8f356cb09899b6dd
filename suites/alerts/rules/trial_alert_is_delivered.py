"""A firing alert reaches each receiver that it is routed to, with a message that names alert, service and fault.

Between Prometheus or Loki and a person are Alertmanager's routes, its inhibitions and the template of a message. In the
trial the address of every receiver is an HTTP or SMTP server that records what arrives; routes and templates are the
shipped ones.
"""

from collections.abc import Iterator

from stack.records.alerts.trial import AlertTrial
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

FIRED = (
    "alert: TargetDown\nservice: victim\nfault: the service was stopped\nwaited_s: 20\nsummary: victim is away\n"
    "steps: [[pending, 1.0], [firing, 2.0]{}]\n"
)
ROUTED = FIRED.format(", [routed, 2.5]") + "routed: [on-call/slack, on-call/email]\n"
ARRIVED = FIRED.format(", [routed, 2.5], [delivered, 3.0]") + "routed: [on-call/slack]\n"


def message(text: str) -> str:
    return f"deliveries: [{{receiver: on-call, integration: slack, text: '{text}'}}]"


@rule(
    Good(ARRIVED + message("TargetDown: victim is away")),
    Bad(FIRED.format(""), "`TargetDown` fires, but did not arrive in Alertmanager within 20 s"),
    Bad(FIRED.format(", [routed, 2.5]"), "`TargetDown` is routed to a receiver that notifies nobody"),
    Bad(
        ROUTED + message("TargetDown: victim is away"),
        "`TargetDown` is routed to `on-call`, whose email got no message about it within 20 s",
    ),
    Bad(
        ARRIVED + message("FIRING victim: something is wrong"),
        "the message of `TargetDown` to the slack of `on-call` has neither its name nor its summary",
    ),
    Bad(
        ARRIVED + message("something is wrong"),
        "the message of `TargetDown` to the slack of `on-call` has neither its name nor the service `victim` nor its "
        "summary",
    ),
    Bad(
        ARRIVED + message("[FIRING] TargetDown"),
        "the message of `TargetDown` to the slack of `on-call` has neither the service `victim` nor its summary",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/alerting/latest/configuration/",
)
def check(trial: AlertTrial) -> Iterator[Finding]:
    if "firing" not in trial.reached:
        raise NotApplicable("the alert did not fire")
    within = f"within {trial.waited_s:g} s"
    if "routed" not in trial.reached:
        hint = "compare `alerting` in prometheus.yml and `ruler.alertmanager_url` of Loki with Alertmanager's address"
        yield Finding(f"`{trial.alert}` fires, but did not arrive in Alertmanager {within}", hint=hint)
    elif not trial.routed:
        hint = "follow it with `amtool config routes test`, and give the receiver an integration"
        yield Finding(f"`{trial.alert}` is routed to a receiver that notifies nobody", hint=hint)
    for place in trial.missing:
        receiver, _, integration = place.partition("/")
        message = f"`{trial.alert}` is routed to `{receiver}`, whose {integration} got no message about it {within}"
        yield Finding(message, hint="Alertmanager's log has the reason; an inhibition may hold it back, too")
    for sent in trial.deliveries:
        if trial.summary and trial.summary in sent.text:
            continue
        named = ((trial.alert, "its name"), (trial.service, f"the service `{trial.service}`"))
        if lacking := [words for text, words in named if text not in sent.text]:
            yield Finding(
                f"the message of `{trial.alert}` to the {sent.integration} of `{sent.receiver}` has neither "
                f"{' nor '.join(lacking)} nor its summary",
                Where(excerpt=sent.text or None),
                "its template should show `.Labels.alertname`, `.Labels.service` and `.Annotations.summary`",
            )
