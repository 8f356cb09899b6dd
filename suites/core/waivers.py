"""Waivers: accepted breaches of one rule by one subject, or single findings, with reason, owner and expiry."""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from fixtures.service import Waiver
from suites.core.rule import Rule
from suites.core.verdict import Verdict


def problems(
    waivers: Sequence[Waiver],
    rules: Mapping[str, Rule],
    renamed: Mapping[str, str],
    subjects: Callable[[Rule], set[str]],
) -> list[str]:
    """What is wrong with these waivers: one line each, with file and line; `subjects` are those of a rule."""
    seen: set[tuple[str, str, str]] = set()
    found = []
    for waiver in waivers:
        key = (waiver.rule, waiver.subject, waiver.fingerprint)
        problem = "it is waived twice" if key in seen else _problem(waiver, rules, renamed, subjects)
        found += [f"{waiver.where}: {problem}"] if problem else []
        seen.add(key)
    return found


def _problem(
    waiver: Waiver, rules: Mapping[str, Rule], renamed: Mapping[str, str], subjects: Callable[[Rule], set[str]]
) -> str:
    name = waiver.rule
    if name in renamed:
        return f"the rule {name!r} is now called {renamed[name]!r}; change the waiver"
    if name not in rules:
        return f"waiver for unknown rule {name!r}{_near(name, rules)}"
    known = subjects(rules[name])
    if waiver.subject not in known:
        near = _near(waiver.subject, known) or f"; it judges {', '.join(sorted(known)[:12]) or 'nothing in this run'}"
        return f"waiver for {name!r}, which does not judge {waiver.subject!r}{near}"
    return ""


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, [*known], 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def under_waivers(
    verdict: Verdict, every: Sequence[Waiver], today: date, incomplete: Callable[[], bool] = lambda: False
) -> Verdict:
    """The verdict under those waivers that are of its rule and subject: one that expired or is not needed is an error.

    Without a verdict a waiver is not said to be unneeded, nor where the evidence is `incomplete` since something is
    down. A breach that no waiver accepts stays a breach, whatever is wrong with the waivers of others.
    """
    waivers = [waiver for waiver in every if (waiver.rule, waiver.subject) == (verdict.rule.id, verdict.subject)]
    if not waivers or verdict.outcome == "error":
        return verdict
    accepted = [_of(name, waivers) for name in verdict.fingerprints]
    valid = tuple(None if each is None or each.expired(today) else each for each in accepted)
    judged = verdict.outcome != "not-evaluated" and not (set(waivers) - set(accepted) and incomplete())
    wrong = [problem for each in waivers if (problem := _wrong(each, today, needed=each in accepted or not judged))]
    first = min(waivers, key=lambda waiver: waiver.expires)
    if None in accepted:
        outcome = verdict.outcome if verdict.outcome == "fail" or not wrong else "error"
        verdict = replace(verdict, outcome=outcome, accepted=valid, waiver=first if outcome == "error" else None)
    elif wrong or accepted:
        single = any(waiver.fingerprint for waiver in waivers)
        outcome = "error" if wrong else "waived"
        verdict = replace(verdict, outcome=outcome, accepted=valid if single else (), waiver=first)
    elif verdict.outcome == "not-evaluated":
        verdict = replace(verdict, waiver=first)
    return replace(verdict, reason="; ".join(wrong)) if wrong else verdict


def _of(fingerprint: str, waivers: Sequence[Waiver]) -> Waiver | None:
    """The waiver of a finding: one that names it comes before one of the whole rule."""
    naming = [waiver for waiver in waivers if waiver.fingerprint == fingerprint]
    return next(iter([*naming, *(waiver for waiver in waivers if not waiver.fingerprint)]), None)


def _wrong(waiver: Waiver, today: date, *, needed: bool) -> str:
    finding = f" of {waiver.fingerprint}" if waiver.fingerprint else ""
    where = waiver.where or "the service.yaml"
    if not needed:
        return f"the waiver{finding} is no longer needed: remove it from {where}"
    if waiver.expired(today):
        expired = f"the waiver{finding} expired on {waiver.expires} ({where})"
        return f"{expired}: fix the breach, or have {waiver.owner} renew it"
    return ""
