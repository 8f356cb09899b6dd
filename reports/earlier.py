"""Reads the report.json of an earlier run: one of an older format, or with rule ids that have changed since, too."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from reports.contract import problems_of

_RENAMED = Path(__file__).resolve().parent.parent / "schemas" / "renamed-rules.json"


class ReportError(ValueError):
    """The file is no report that can be read; the message names the file and what is wrong."""


def read_report(path: Path) -> dict[str, Any]:
    """Return the report in today's shape and under today's rule ids.

    Raises:
        ReportError: the file cannot be read, is no JSON, or is not a report.

    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{path}: is not JSON ({error})") from error
    if isinstance(report, dict):
        report = _renamed(_reshaped(report))
    problems = problems_of(report)
    if problems:
        listed = "\n  ".join(problems)
        raise ReportError(f"{path}: is not a report.json that this version can read:\n  {listed}")
    checked: dict[str, Any] = report
    return checked


def current_id(rule: str) -> str:
    """The id that a rule has today, however often it was renamed."""
    renamed, seen = _renamed_rules(), {rule}
    while rule in renamed and renamed[rule] not in seen:
        rule = renamed[rule]
        seen.add(rule)
    return rule


@cache
def _renamed_rules() -> dict[str, str]:
    found: dict[str, str] = json.loads(_RENAMED.read_text(encoding="utf-8"))
    return found


def _reshaped(report: dict[str, Any]) -> dict[str, Any]:
    """Format 1 had `gate.strict` for `gate.fail_on`, and did not name what a partial run had judged."""
    gate, suite = report.get("gate"), report.get("suite")
    if report.get("format") != 1 or not isinstance(gate, dict) or not isinstance(suite, dict):
        return report
    gate = {"fail_on": "warning" if gate.get("strict") else "must"} | {k: v for k, v in gate.items() if k != "strict"}
    scope = [] if suite.get("complete") else ["a selection"]
    return report | {"format": 2, "gate": gate, "suite": suite | {"scope": scope, "selected_services": []}}


def _renamed(report: dict[str, Any]) -> dict[str, Any]:
    verdicts = report.get("verdicts")
    for verdict in verdicts if isinstance(verdicts, list) else ():
        if isinstance(verdict, dict) and (rule := current_id(str(verdict.get("rule")))) != verdict.get("rule"):
            verdict |= {"rule": rule, "area": rule.partition("/")[0]}
    return report
