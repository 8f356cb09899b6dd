"""Asks promtool about expressions that `promql-parser` does not know, such as duration expressions (`[1m + 2m]`).

Source: https://prometheus.io/docs/prometheus/latest/command-line/promtool/ and
https://prometheus.io/docs/prometheus/latest/feature_flags/
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from stack.records.alerts.rules import AlertRule
from stack.servers.find import find_binary

FEATURES = "promql-experimental-functions,promql-duration-expr,promql-extended-range-selectors"
MOST_RULES = 50
TIMEOUT_S = 20
_REFUSED = re.compile(r"could not parse expression: (?:\d+:\d+: )?(?:parse error: )?(.+)")
_DISABLED = re.compile(r"not enabled|experimental|feature")


def asked(rules: Iterable[AlertRule]) -> list[AlertRule]:
    """The rules, those whose PromQL is not known here with the answer of promtool, where it is found."""
    found, left = list(rules), MOST_RULES
    promtool = find_binary("promtool") if any(_unknown(rule) for rule in found) else None
    for at, rule in enumerate(found):
        if promtool is not None and left and _unknown(rule):
            found[at], left = replace(rule, promtool=_answer(promtool.path, rule.expr)), left - 1
    return found


def _unknown(rule: AlertRule) -> bool:
    return rule.language == "promql" and bool(rule.promql.unknown and rule.expr.strip())


def _answer(promtool: Path, expr: str) -> str | None:
    """Why promtool refuses an expression, empty where it takes it; None where its version does not know the syntax."""
    with tempfile.NamedTemporaryFile("w", suffix=".yml", encoding="utf-8") as file:
        json.dump({"groups": [{"name": "a", "rules": [{"record": "a", "expr": expr}]}]}, file)
        file.flush()
        command = [str(promtool), f"--enable-feature={FEATURES}", "check", "rules", file.name]
        try:
            done = subprocess.run(  # noqa: S603  # our own arguments
                command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    refused = _REFUSED.search(done.stdout + done.stderr)
    if done.returncode == 0:
        return ""
    return refused[1].strip() if refused and not _DISABLED.search(refused[1]) else None
