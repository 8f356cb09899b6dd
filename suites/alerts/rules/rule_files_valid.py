"""Rule files are ones that Prometheus and Loki accept.

A file with one wrong key is refused as a whole: none of its alerts fires, and the server does not start again.
"""

from collections.abc import Iterator

from stack.records.alerts.rules import RuleFile
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("groups: [{name: a, rules: [{alert: A, expr: up == 0, for: 5m, labels: {severity: 1}}]}]"),
    Bad(
        "groups: [{name: a, rules: [{alert: A, expr: up == 0, for: 300}]}]",
        "`groups[0].rules[0].for` is `300`, which is no duration, such as `5m`",
    ),
    Bad(
        "groups: [{name: a, rules: [{alert: A, expr: up, severity: x}]}]",
        "`severity` in `groups[0].rules[0]` is not a key that Prometheus knows",
    ),
    Bad(
        "groups: [{name: a, rules: [{alert: A, annotations: [a]}]}]",
        "`groups[0].rules[0].annotations` is a list, not an object",
        "`A` has no `expr`",
    ),
    Bad(
        "groups: [{rules: [{record: a, alert: A, expr: up}]}, {name: b}, {name: b}]",
        "`groups[0].rules[0]` sets both `alert` and `record`",
        "`groups[0]` has no name",
        "two groups have the name `b`",
    ),
    Bad(
        "groups: [{name: a, rules: [{record: 'a{b=\"c\"}', expr: up}]}]",
        '`a{b="c"}` has braces in its name; matchers belong into `expr`',
    ),
    Bad("groups: {a: 1}", "`groups` is an object, not a list"),
    Bad("- alert: A", "the file is a list of rules, which belong into `groups`"),
    Bad("- a", "the file is a list, not an object"),
    Bad("groups: [", "line 2: not YAML: did not find expected node content (while parsing a flow node)"),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/#configuring-rules",
)
def check(file: RuleFile) -> Iterator[Finding]:
    for line, problem in file.problems:
        yield Finding(problem, Where(file=file.file, line=line), "`promtool check rules` says whether it is accepted")
