"""A verdict: one rule on one subject, with its outcome, findings and what stood behind the evidence."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from suites.core.evidence import CollectionError, Found, Kind, NotEvaluated
from suites.core.finding import Finding
from suites.core.rule import Level, NotApplicable, Rule

Outcome = Literal["pass", "fail", "warn", "waived", "not-evaluated", "error"]

KEPT_FINDINGS = 25
"""Findings of one verdict that travel to the reports; the total is always reported."""


class Accepted(Protocol):
    """A waiver as a verdict needs it: which breach is accepted, why, by whom and until when."""

    @property
    def reason(self) -> str: ...  # noqa: D102  # the protocol's docstring says it
    @property
    def owner(self) -> str: ...  # noqa: D102  # the protocol's docstring says it
    @property
    def expires(self) -> object: ...  # noqa: D102  # the protocol's docstring says it


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one rule for one subject; `applies` is False where the rule has nothing to say about it."""

    rule: Rule
    subject: str
    outcome: Outcome
    evidence: Kind
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    applies: bool = True
    waiver: Accepted | None = None
    duration_s: float = 0.0

    def without(self, prefix: str) -> Verdict:
        """The same verdict with `prefix` taken out of its texts: a folder that is gone when they are read."""
        if prefix not in f"{self.findings}{self.reason}":
            return self
        findings = tuple(finding.without(prefix) for finding in self.findings)
        return replace(self, findings=findings, reason=self.reason and self.reason.replace(prefix, ""))

    def as_data(self, subject_kind: str, service: str | None) -> dict[str, object]:
        """The verdict as plain data, in the shape of `schemas/report.schema.json`."""
        return {
            "rule": self.rule.id,
            "title": self.rule.title,
            "why": self.rule.why,
            "level": self.rule.level.value,
            "area": self.rule.area,
            "subject": self.subject,
            "subject_kind": subject_kind,
            "service": service,
            "outcome": self.outcome,
            "applies": self.applies,
            "evidence": self.evidence,
            "reason": self.reason,
            "source": self.rule.source,
            "waiver": waiver_data(self.waiver),
            "findings": [finding.as_data() for finding in self.findings[:KEPT_FINDINGS]],
            "findings_total": len(self.findings),
            "duration_s": round(self.duration_s, 6),
        }


def waiver_data(waiver: Accepted | None) -> Mapping[str, str] | None:
    """A waiver as plain data: reason, owner, expires (ISO date)."""
    if waiver is None:
        return None
    return {"reason": waiver.reason, "owner": waiver.owner, "expires": str(waiver.expires)}


def judge(rule: Rule, subject: str, found: Found, waiver: Accepted | None = None) -> Verdict:
    """Judge every record of `found` by `rule`.

    Never raises for anything a service did. An exception inside the rule is the suite's own fault: it comes back
    as outcome `error` with the exception's text.
    """
    started = time.perf_counter()
    if isinstance(found, NotEvaluated):
        return Verdict(rule, subject, "not-evaluated", "static", reason=found.reason, applies=found.applies)
    if isinstance(found, CollectionError):
        return Verdict(rule, subject, "error", "static", reason=found.text)
    if not found.records:  # nothing seen is nothing proved
        reason = f"no {rule.record.__name__} was collected for {subject}"
        return Verdict(rule, subject, "not-evaluated", found.kind, reason=reason)
    findings: dict[Finding, None] = {}
    skipped: list[str] = []
    for record in found.records:
        try:
            findings.update(dict.fromkeys(rule.judge(record)))
        except NotApplicable as why:
            skipped.append(str(why))
        except Exception as broken:  # noqa: BLE001  # whatever breaks inside a rule is reported as the suite's own error
            reason = f"the rule itself broke: {type(broken).__name__}: {broken}"
            return Verdict(rule, subject, "error", found.kind, tuple(findings), reason)
    duration = time.perf_counter() - started
    if skipped and len(skipped) == len(found.records):
        return Verdict(
            rule, subject, "not-evaluated", found.kind, reason=skipped[0], applies=False, duration_s=duration
        )
    outcome = _outcome(rule, bool(findings), waiver)
    return Verdict(rule, subject, outcome, found.kind, tuple(findings), waiver=waiver, duration_s=duration)


def _outcome(rule: Rule, broken: bool, waiver: Accepted | None) -> Outcome:
    if not broken:
        return "pass"
    if waiver is not None:
        return "waived"
    return "fail" if rule.level is Level.MUST else "warn"
