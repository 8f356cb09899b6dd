"""An alert fires when what it warns of really happens.

A rule can be valid, loaded and healthy and still never fire: its metric was renamed, its labels never match, its
threshold is out of reach. So the fault is made, on a service that exists for it, and the alert is waited for.
"""

from collections.abc import Iterator

from stack.records.alerts.trial import AlertTrial
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule

TRIED = "alert: TargetDown\nservice: victim\nfault: the service was stopped\nwaited_s: 20\n"
NONE = "alert: ''\nservice: victim\nfault: {}\nshown_by: {}\n"


@rule(
    Good(TRIED + "steps: [[pending, 1.0], [firing, 2.0]]"),
    Bad(TRIED, "the service was stopped, and `TargetDown` did not even become pending within 20 s"),
    Bad(TRIED + "steps: [[pending, 1.0]]", "the service was stopped, and `TargetDown` stayed pending for 20 s"),
    Bad(NONE.format("the service was stopped", "up"), "the service was stopped, and no alert rule is on `up`"),
    Bad(
        NONE.format("a service logged errors", "log lines"),
        "a service logged errors, and no alert rule is on log lines",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/",
)
def check(trial: AlertTrial) -> Iterator[Finding]:
    if "firing" in trial.reached:
        return
    if not trial.alert:
        read = trial.shown_by if " " in trial.shown_by else f"`{trial.shown_by}`"
        yield Finding(f"{trial.fault}, and no alert rule is on {read}", hint="write an alert on it")
        return
    hint = "evaluate the rule's expression while the fault lasts: a metric or label in it may not exist"
    pending = "pending" in trial.reached
    outcome = "stayed pending for" if pending else "did not even become pending within"
    if pending:
        hint = "the expression is not true for as long as its `for`: compare the two, and look for gaps in the series"
    yield Finding(f"{trial.fault}, and `{trial.alert}` {outcome} {trial.waited_s:g} s", hint=hint)
