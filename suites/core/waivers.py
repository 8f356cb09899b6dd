"""Waivers: accepted breaches, each of one rule by one service, with reason, owner and expiry."""

import difflib
from collections.abc import Iterable, Mapping
from datetime import date

from fixtures.service import Service
from suites.core.evidence import Found
from suites.core.rule import Rule
from suites.core.subjects import Subject, judged_per
from suites.core.verdict import Verdict, judge


def problems(services: Iterable[Service], rules: Mapping[str, Rule], renamed: Mapping[str, str]) -> list[str]:
    """What is wrong with the waivers of these services: one line each, with file and line."""
    return [
        f"{waiver.where}: {problem}"
        for service in services
        for waiver in service.waivers
        if (problem := _problem(waiver.rule, rules, renamed))
    ]


def _problem(name: str, rules: Mapping[str, Rule], renamed: Mapping[str, str]) -> str:
    if name in renamed:
        return f"the rule {name!r} is now called {renamed[name]!r}; change the waiver"
    if name not in rules:
        close = difflib.get_close_matches(name, rules, 1)
        return f"waiver for unknown rule {name!r}" + (f"; did you mean {close[0]!r}?" if close else "")
    if "service" not in judged_per(rules[name].record):
        return f"waiver for {name!r}, which judges no service: it would never be needed"
    return ""


def judge_with_waivers(rule: Rule, subject: Subject, found: Found, today: date) -> Verdict:
    """Judge as `judge` does, under the subject's waivers: one that expired or is not needed is an error."""
    waiver = next((waiver for waiver in subject.waivers if waiver.rule == rule.id), None)
    verdict = judge(rule, subject.name, found, waiver)
    if waiver is None or verdict.outcome == "error":
        return verdict
    problem = None
    if verdict.outcome == "pass":
        problem = f"the waiver is no longer needed: remove it from {waiver.where or 'the service.yaml'}"
    elif waiver.expired(today):
        problem = (
            f"the waiver expired on {waiver.expires} ({waiver.where or 'service.yaml'}): fix the breach, "
            f"or have {waiver.owner} renew it"
        )
    if problem is None:
        return verdict
    return Verdict(rule, subject.name, "error", verdict.evidence, verdict.findings, problem, waiver=waiver)
