"""A verdict: one rule on one subject, with its outcome, findings and what stood behind the evidence."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from stack.garbage import no_collection
from stack.text.fingerprint import fingerprints
from suites.core.evidence import CollectionError, Found, Kind, NotEvaluated
from suites.core.finding import Finding
from suites.core.rule import Level, NotApplicable, NotCollected, Rule, passes

Outcome = Literal["pass", "fail", "warn", "waived", "not-evaluated", "error"]

KEPT_FINDINGS = 25
"""Findings of one verdict that travel to the reports; the total is always reported."""


KEPT_FINGERPRINTS = 2000
"""Fingerprints of one verdict that travel to the reports, where a baseline compares them."""


class Accepted(Protocol):
    """A waiver as a verdict needs it: which finding is accepted (empty: all), why, by whom, until when, its ticket."""

    @property
    def reason(self) -> str: ...  # noqa: D102  # the protocol's docstring says it
    @property
    def owner(self) -> str: ...  # noqa: D102  # the protocol's docstring says it
    @property
    def expires(self) -> object: ...  # noqa: D102  # the protocol's docstring says it
    @property
    def ticket(self) -> str: ...  # noqa: D102  # the protocol's docstring says it
    @property
    def fingerprint(self) -> str: ...  # noqa: D102  # the protocol's docstring says it


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one rule for one subject.

    `applies` is False where the rule has nothing to say about it. `because_of` names the component that could not be
    reached, where that is why there is no outcome. `known`: an earlier report has every finding. `accepted` has a
    waiver or None for each finding, empty where none of them has one; `waiver` is that of the verdict as a whole.
    """

    rule: Rule
    subject: str
    outcome: Outcome
    evidence: Kind
    findings: tuple[Finding, ...] = ()
    reason: str | None = None
    applies: bool = True
    because_of: str = ""
    known: bool = False
    accepted: tuple[Accepted | None, ...] = ()
    waiver: Accepted | None = None
    duration_s: float = 0.0

    @property
    def fingerprints(self) -> list[str]:
        """The fingerprint of each finding."""
        return fingerprints(self.subject, [finding.as_data() for finding in self.findings])

    def without(self, prefix: str) -> Verdict:
        """The same verdict with `prefix` taken out of its texts: a folder that is gone when they are read."""
        if prefix not in f"{self.findings}{self.reason}":
            return self
        findings = tuple(finding.without(prefix) for finding in self.findings)
        return replace(self, findings=findings, reason=self.reason and self.reason.replace(prefix, ""))

    def as_data(self, subject_kind: str, service: str | None) -> dict[str, object]:
        """The verdict as plain data, in the shape of `schemas/report.schema.json`."""
        accepted = self.accepted or [None] * len(self.findings)
        listed = [
            {**finding.as_data(), "fingerprint": name, **({"waiver": waiver_data(waiver)} if waiver else {})}
            for finding, name, waiver in zip(self.findings, self.fingerprints, accepted, strict=True)
        ]
        listed.sort(key=lambda finding: "waiver" in finding)  # those that are to be fixed come first
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
            "because_of": self.because_of or None,
            "root_cause": self.rule.root_cause,
            "evidence": self.evidence,
            "reason": self.reason,
            "source": self.rule.source,
            "waiver": waiver_data(self.waiver),
            "findings": listed[:KEPT_FINDINGS],
            "findings_total": len(self.findings),
            "unlisted": [one["fingerprint"] for one in listed[KEPT_FINDINGS:KEPT_FINGERPRINTS] if "waiver" not in one],
            "duration_s": round(self.duration_s, 6),
        }


def waiver_data(waiver: Accepted | None) -> Mapping[str, str] | None:
    """A waiver as plain data: reason, owner, expires (ISO date), and where it has them ticket and fingerprint."""
    if waiver is None:
        return None
    more = {"ticket": waiver.ticket, "fingerprint": waiver.fingerprint}
    data = {"reason": waiver.reason, "owner": waiver.owner, "expires": str(waiver.expires)}
    return data | {key: value for key, value in more.items() if value}


def judge(rule: Rule, subject: str, found: Found) -> Verdict:
    """Judge every record of `found` by `rule`.

    Never raises for anything a service did. An exception inside the rule is the suite's own fault: it comes back
    as outcome `error` with the exception's text.
    """
    started = time.perf_counter()
    if isinstance(found, NotEvaluated):
        verdict = Verdict(rule, subject, "not-evaluated", "static", reason=found.reason, applies=found.applies)
        return replace(verdict, because_of=found.because_of)
    if isinstance(found, CollectionError):
        return Verdict(rule, subject, "error", "static", reason=found.text)
    if not found.records:  # nothing seen is nothing proved
        reason = f"no {rule.record.__name__} was collected for {subject}"
        return Verdict(rule, subject, "not-evaluated", found.kind, reason=reason)
    findings: dict[Finding, None] = {}
    skipped: list[str] = []
    missing: list[str] = []
    try:
        with no_collection():
            concerned = list(filter(rule.only, found.records)) if rule.only else found.records
            left_out = len(found.records) - len(concerned)
            for record in concerned:
                try:
                    broken = False
                    for finding in rule.check(record):  # what comes before an end without evidence stays
                        findings[finding], broken = None, True
                    if not broken:
                        passes(rule.record, record)
                except NotApplicable as why:
                    skipped.append(str(why))
                except NotCollected as why:
                    missing.append(str(why))
    except Exception as broken:  # noqa: BLE001  # whatever breaks inside a rule is reported as the suite's own error
        reason = f"the rule itself broke: {type(broken).__name__}: {broken}"
        return Verdict(rule, subject, "error", found.kind, tuple(findings), reason)
    skipped += [rule.otherwise] * left_out if rule.otherwise else []
    duration = time.perf_counter() - started
    part = "" if len(missing) == len(found.records) else f" ({len(missing)} of {len(found.records)})"
    gap = "; ".join(dict.fromkeys(missing)) + part if missing else None
    if gap and not findings:
        return Verdict(rule, subject, "not-evaluated", found.kind, reason=gap, duration_s=duration)
    if skipped and len(skipped) == len(found.records):
        return Verdict(
            rule, subject, "not-evaluated", found.kind, reason=skipped[0], applies=False, duration_s=duration
        )
    outcome: Outcome = "pass" if not findings else "fail" if rule.level is Level.MUST else "warn"
    in_part = "; ".join(filter(None, (gap and f"not evaluated: {gap}", _left_out(rule, found.records)))) or None
    return Verdict(rule, subject, outcome, found.kind, tuple(findings), in_part, duration_s=duration)


def _left_out(rule: Rule, records: Iterable[object]) -> str | None:
    """What the records say is not in them, so that nobody takes a verdict on a part for one on the whole."""
    if not hasattr(rule.record, "left_out"):  # asked once: there may be very many records
        return None
    said = (getattr(record, "left_out", "") for record in records)
    return "; ".join(dict.fromkeys(filter(None, said))) or None
