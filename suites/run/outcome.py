"""Turns a verdict into pytest's outcome: failed, skipped, xfailed or passed."""

from functools import lru_cache

import pytest

from stack.text.secrets import mask
from suites.core.rule import Level
from suites.core.verdict import Verdict

LISTED = 5
"""Findings listed in one failure; the report has the rest."""


class Nonconformance(AssertionError):  # noqa: N818  # it is the verdict on a service, not an error of the suite
    """A subject breaks a rule; the text is for its developers."""


class RuleBrokeError(Exception):
    """The suite itself could not judge; reported as an error, never as a failure of the subject."""


def apply_outcome(verdict: Verdict, fail_on: str) -> None:
    """Raise what pytest has to see for `verdict`, return for a pass.

    `fail_on` is the option of that name: with `must` a broken SHOULD passes and a gap is skipped, with `warning` both
    fail, and with `new` a breach passes that the baseline has.
    """
    match verdict.outcome:
        case "not-evaluated":
            reason = f"not evaluated: {verdict.reason}"
            if fail_on == "warning" and verdict.applies:
                raise Nonconformance(
                    f"{headline(verdict)}\n  {reason}\n  --fail-on warning: what was not evaluated fails"
                )
            pytest.skip(plain(reason))
        case "waived" if verdict.waiver is not None:
            waiver = verdict.waiver
            pytest.xfail(plain(f"waived until {waiver.expires} by {waiver.owner}: {waiver.reason}"))
        case "fail" if fail_on == "new" and verdict.known:
            pytest.xfail(plain(f"known to the baseline: {verdict.findings[0].message}"))
        case "fail":
            raise Nonconformance(explain(verdict))
        case "warn" if fail_on == "warning":
            raise Nonconformance(explain(verdict))
        case "error":
            raise RuleBrokeError(plain(f"{headline(verdict)}\n  {verdict.reason}"))
        case _:
            return


@lru_cache
def plain(text: str) -> str:
    """Make a text fit for a terminal: secrets are masked and control characters replaced."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in mask(text))


def headline(verdict: Verdict) -> str:
    """Name rule, level and subject in one line."""
    return f"{verdict.rule.id} {verdict.rule.level} {verdict.subject}"


def explain(verdict: Verdict) -> str:
    """What is wrong, where, how to fix it, and which rule asks for it, in a few lines."""
    lines = [headline(verdict)]
    for finding in verdict.findings[:LISTED]:
        lines.append(f"  {finding.message}")
        where = ", ".join(f"{name} {value}" for name, value in finding.where.as_data().items())
        if where:
            lines.append(f"    where: {where[:300]}")
        if finding.hint:
            lines.append(f"    fix:   {finding.hint}")
    more = len(verdict.findings) - LISTED
    if more > 0:
        lines.append(f"  … and {more} more in the report")
    binding = "" if verdict.rule.level is Level.MUST else " (a SHOULD, and the run has --fail-on warning)"
    lines.append(f"  rule: {verdict.rule.title}{binding} {verdict.rule.source}")
    return plain("\n".join(lines))
