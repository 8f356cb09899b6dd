"""No silence mutes every alert.

Such a silence is made for a maintenance and forgotten: everything fires, and no notification is sent.
"""

from collections.abc import Iterator

from stack.records.alerts.labels import LabelMatcher
from stack.records.alerts.running import Silences
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule

ALWAYS_THERE = ("alertname", "severity")
"""Labels that every alert has, or should have."""


@rule(
    Good("{active: []}"),
    Good('{active: [{matchers: \'alertname="DiskFull", instance=~".+"\'}]}'),
    Bad(
        "{active: [{matchers: 'alertname=~\".+\"', lasts_s: 90000, author: kim}]}",
        'the silence `{alertname=~".+"}` of kim mutes every alert for another 25 hours',
    ),
    Bad(
        "{active: [{matchers: 'severity!=\"x\"'}]}", 'the silence `{severity!="x"}` mutes every alert for another hour'
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/alerting/latest/alertmanager/#silences",
)
def check(silences: Silences) -> Iterator[Finding]:
    for silence in silences.active:
        if all(_takes_all(matcher) for matcher in silence.matchers):
            shown = ", ".join(map(str, silence.matchers))
            hours = round(silence.lasts_s / 3600)
            author = f" of {silence.author}" if silence.author else ""
            length = "hour" if hours <= 1 else f"{hours} hours"
            yield Finding(
                f"the silence `{{{shown}}}`{author} mutes every alert for another {length}",
                hint="expire it with `amtool silence expire`, and silence by `alertname` or `instance`",
            )


def _takes_all(matcher: LabelMatcher) -> bool:
    if matcher.sign == "=~":
        return matcher.value in (".*", ".+") and (matcher.value == ".*" or matcher.name in ALWAYS_THERE)
    return matcher.sign in ("!=", "!~")
