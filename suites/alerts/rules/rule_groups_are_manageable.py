"""Groups of rules are small, have short names, are evaluated every five minutes at least, and repeat no rule.

A group is evaluated in order, so a large one is slow, and after five minutes without a result series are stale.
"""

from collections import Counter
from collections.abc import Iterator

from stack.records.alerts.rules import RuleFile
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule

MOST_RULES = 20
LONGEST_NAME = 40
LONGEST_S = 300.0


def group(*rules: str, more: str = "") -> str:
    return f"groups: [{{name: a, {more} rules: [{', '.join(rules)}]}}]"


@rule(
    Good(group("{alert: A, expr: up == 0}", "{alert: A, expr: up == 0, labels: {severity: warning}}")),
    Bad(
        group("{alert: A, expr: up == 0}", "{alert: A, expr: up ==  0}"),
        "`A` is in the file twice, with the same labels and expression",
    ),
    Bad(
        group("{alert: A, expr: up == 0}", more="interval: 10m,"),
        "group `a` is evaluated every 600 s; after 300 s without a sample series are stale",
    ),
    Bad(group(*(f"{{alert: A{at}, expr: up == {at}}}" for at in range(21))), "group `a` has 21 rules; 20 are enough"),
    Bad(
        f"groups: [{{name: {'g' * 41}, rules: [{{alert: A, expr: up == 0}}]}}]",
        f"the name of group `{'g' * 41}` has 41 characters; 40 are enough",
    ),
    Unjudged("groups: [", NotApplicable("no rule of rules.yml can be read, see `alerts/rule-files-valid`")),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/#rule_group",
)
def check(file: RuleFile) -> Iterator[Finding]:
    if file.problems and not file.rules:
        raise NotApplicable(f"no rule of {file.file} can be read, see `alerts/rule-files-valid`")
    where = Where(file=file.file)
    for name, count in file.groups:
        if count > MOST_RULES:
            yield Finding(f"group `{name}` has {count} rules; {MOST_RULES} are enough", where, "make two groups of it")
        if len(name) > LONGEST_NAME:
            message = f"the name of group `{name}` has {len(name)} characters; {LONGEST_NAME} are enough"
            yield Finding(message, where, "shorten it")
    slow = {rule.group: rule.interval_s for rule in file.rules if (rule.interval_s or 0) > LONGEST_S}
    for name, interval_s in slow.items():
        message = f"group `{name}` is evaluated every {interval_s:g} s; after {LONGEST_S:g} s without a sample"
        yield Finding(f"{message} series are stale", where, "`interval: 1m`")
    same = Counter((rule.name, " ".join(rule.expr.split()), tuple(sorted(rule.labels.items()))) for rule in file.rules)
    for (name, _, _), count in same.items():
        if count > 1:
            yield Finding(f"`{name}` is in the file twice, with the same labels and expression", where, "remove one")
