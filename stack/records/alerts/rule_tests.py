"""Tests of rules for `promtool test rules`.

Source: https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from stack.records.alerts.rules import AlertRule
from stack.records.alerts.setup import RuleTest, RuleTests
from stack.records.queries.promql import selectors, takes
from stack.text.view import View
from stack.text.yaml_text import ConfigError, read_yaml

_NAME = re.compile(r"\s*([a-zA-Z_:][\w:]*)|.*?__name__\s*=\s*\"([^\"]+)\"")


def looks_like_tests(data: Any) -> bool:
    """Whether a document looks like tests of rules."""
    return isinstance(data, dict) and "tests" in data and "groups" not in data


def read_tests(text: str, file: str, rules: Sequence[AlertRule], missing: Iterable[str]) -> RuleTests:
    """Read a file of tests of these rules; never raises: what is wrong with it is in `problems`."""
    try:
        document = read_yaml(text)
    except ConfigError as broken:
        return RuleTests(file, problems=(str(broken),))
    root = View(document.data)
    tests = []
    for group in root["tests"].objects():
        series = _recorded({_metric_of(one["series"].text()) for one in group["input_series"].objects()}, rules)
        for test in group["alert_rule_test"].objects():
            name = test["alertname"].text()
            needed = [one for rule in rules if rule.name == name for one in selectors(rule.promql.tree)]
            fires = bool(test["exp_alerts"].items())
            absent = bool(needed) and not any(takes(one, metric) for one in needed for metric in series)
            tests.append(RuleTest(name, fires, document.line(*test.path), absent))
    alerts = tuple(dict.fromkeys(rule.name for rule in rules if not rule.record))
    return RuleTests(file, tuple(tests), alerts, tuple(missing), tuple(map(str, root.mistakes)))


def tested(tests: Iterable[RuleTests]) -> dict[str, frozenset[str]]:
    """What tests expect of each alert: that it `fires`, is `silent`, or is tested with its series `absent`."""
    kinds: dict[str, set[str]] = {}
    for one in (one for file in tests for one in file.tests):
        found = kinds.setdefault(one.alert, set())
        found |= {"absent"} if one.absent else {"silent"} if not one.fires else set()
        found |= {"fires"} if one.fires else set()
    return {name: frozenset(several) for name, several in kinds.items()}


def _recorded(series: set[str], rules: Sequence[AlertRule]) -> set[str]:
    """Series and those that rules record from them."""
    for rule in (one for one in rules if one.record and one.name not in series):
        if any(takes(one, name) for one in selectors(rule.promql.tree) for name in series):
            return _recorded({*series, rule.name}, rules)
    return series


def _metric_of(series: str) -> str:
    match = _NAME.match(series)
    return (match[1] or match[2] or "") if match else ""
