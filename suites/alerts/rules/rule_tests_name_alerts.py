"""Tests of rules name alerts that there are, in rule files that there are.

A test that expects an unknown alert not to fire passes whatever the rules do: a misspelt name tests nothing.
"""

import difflib
from collections.abc import Iterator

from stack.records.alerts.setup import RuleTests
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{file: t.yml, tests: [{alert: TargetDown, fires: true}], alerts: [TargetDown]}"),
    Bad(
        "{file: t.yml, tests: [{alert: TargetDwon, fires: false, line: 7}], alerts: [TargetDown]}",
        "the test expects nothing of `TargetDwon`, and no rule file has an alert of that name",
    ),
    Bad(
        "{file: t.yml, tests: [{alert: Gone, fires: true, line: 7}], alerts: [TargetDown], missing: [gone.yml]}",
        "the rule file `gone.yml` is not there",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/",
)
def check(tests: RuleTests) -> Iterator[Finding]:
    for problem in tests.problems:
        yield Finding(problem, Where(file=tests.file), "`promtool test rules` says what it expects")
    for missing in tests.missing:
        yield Finding(
            f"the rule file `{missing}` is not there", Where(file=tests.file), "paths are relative to the test"
        )
    for test in () if tests.missing else tests.tests:  # the alert may be in the file that is not there
        if test.alert not in tests.alerts:
            close = difflib.get_close_matches(test.alert, tests.alerts, 1)
            expects = f"`{test.alert}` to fire" if test.fires else f"nothing of `{test.alert}`"
            yield Finding(
                f"the test expects {expects}, and no rule file has an alert of that name",
                Where(file=tests.file, line=test.line),
                f"did you mean `{close[0]}`?" if close else "correct the name, or remove the test",
            )
