"""What the formats have in common, worked out once: failures grouped, gaps by reason, places and scores in words.

Pure functions of the report dictionary; a writer only lays out what they return.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.model import OUTCOMES, passes, state_of

SHARED = "The stack itself"
"""Heading for verdicts that belong to no single service."""
SEVERAL = "Several services"
"""Heading for verdicts that several services have in common."""
PROVENANCE = {
    "container": "container",
    "native": "native (a real server's binary)",
    "attached": "attached (a live stack)",
    "embedded": "embedded (a stand-in of this suite, simulated)",
    "absent": "absent",
}
_SUBJECT = "‹subject›"
_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
Report = Mapping[str, Any]
Verdict = Mapping[str, Any]


@dataclass(frozen=True)
class Group:
    """Verdicts of one rule and outcome with the same findings on several subjects."""

    verdicts: tuple[Verdict, ...]
    findings: tuple[Mapping[str, Any], ...]

    @property
    def first(self) -> Verdict:
        """Any of them: rule, level, title and source are the same in all."""
        return self.verdicts[0]

    @property
    def subjects(self) -> list[str]:
        """Names of what was judged."""
        return [verdict["subject"] for verdict in self.verdicts]

    @property
    def owner(self) -> str:
        """Heading to show it under: the one service, the stack, or several services."""
        names = {verdict["service"] for verdict in self.verdicts}
        if len(names) > 1:
            return SEVERAL
        return next(iter(names)) or SHARED

    @property
    def more(self) -> int:
        """Findings of the first verdict that are not listed."""
        return max(0, int(self.first["findings_total"]) - len(self.findings))


@dataclass(frozen=True)
class Gap:
    """One reason why verdicts are missing, and whose."""

    reason: str
    rules: tuple[str, ...]
    subjects: tuple[str, ...]
    count: int


def _unnamed(text: str | None, subject: str) -> str:
    """The text without its subject's name, so that the same finding on two subjects reads the same."""
    text = text or ""
    return text.replace(subject, _SUBJECT) if len(subject) > 2 else text


def _shared_findings(verdict: Verdict) -> tuple[Mapping[str, Any], ...]:
    subject = verdict["subject"]
    return tuple(
        {**finding, **{key: _unnamed(finding.get(key), subject) or None for key in ("message", "hint")}}
        for finding in verdict["findings"]
    )


def _shape(text: str) -> str:
    """The text without its numbers, those in backticks kept: `20 of 20 lines` and `16 of 16 lines` have one cause."""
    parts = text.split("`")
    return "`".join(part if index % 2 else _NUMBER.sub("#", part) for index, part in enumerate(parts))


def _listed(members: Sequence[Verdict]) -> tuple[Mapping[str, Any], ...]:
    """The findings of a group: as they are for one subject, without its name for several."""
    if len(members) == 1:
        return tuple(members[0]["findings"])
    findings = _shared_findings(members[0])
    if all(
        [item["message"] for item in _shared_findings(member)] == [item["message"] for item in findings]
        for member in members
    ):
        return findings
    of = members[0]["subject"]
    return tuple({**item, "message": f"{item['message']} (numbers of {of}, others differ)"} for item in findings)


def group(verdicts: Iterable[Verdict], *outcomes: str) -> list[Group]:
    """Collapse verdicts with these outcomes that repeat one text but for its numbers; MUST first, the widest first."""
    found: dict[tuple[Any, ...], list[Verdict]] = {}
    for verdict in verdicts:
        if verdict["outcome"] in outcomes:
            messages = tuple((_shape(item["message"]), item.get("hint")) for item in _shared_findings(verdict))
            reason = _unnamed(verdict["reason"], verdict["subject"])
            key = (verdict["rule"], verdict["outcome"], verdict["evidence"], reason, messages)
            found.setdefault(key, []).append(verdict)
    groups = [Group(tuple(members), _listed(members)) for members in found.values()]
    order = {outcome: index for index, outcome in enumerate(OUTCOMES)}
    groups.sort(key=lambda g: (order[g.first["outcome"]], g.first["level"], -len(g.verdicts), g.first["rule"]))
    return groups


def gaps(verdicts: Iterable[Verdict]) -> list[Gap]:
    """What was not evaluated, grouped by reason, the widest gap first."""
    found: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if state_of(verdict) == "not-evaluated":
            reason = _unnamed(verdict["reason"], verdict["subject"]) or "no reason given"
            found.setdefault(reason, []).append(verdict)
    listed = [
        Gap(
            reason if len({verdict["subject"] for verdict in members}) > 1 else members[0]["reason"] or reason,
            tuple(sorted({verdict["rule"] for verdict in members})),
            tuple(sorted({verdict["subject"] for verdict in members})),
            len(members),
        )
        for reason, members in found.items()
    ]
    return sorted(listed, key=lambda gap: (-gap.count, gap.reason))


def fails_gate(service: Mapping[str, Any], fail_on: str) -> bool:
    """Whether this service (or the stack) alone would close the gate."""
    return not passes(service["counts"], fail_on)


def worst_first(report: Report) -> list[Mapping[str, Any]]:
    """Services in the order a reader needs them: failing ones, then by score; unscored ones before perfect ones."""
    fail_on = report["gate"]["fail_on"]
    return sorted(
        report["services"],
        key=lambda s: (
            not fails_gate(s, fail_on),
            99.5 if s["score"] is None else s["score"],
            -s["counts"]["fail"],
            s["name"],
        ),
    )


def scope(report: Report) -> str:
    """What a partial run was limited to, as it was typed; empty for a complete run."""
    return "; ".join(report["suite"]["scope"])


def score_text(value: int | None) -> str:
    """A score in words: `81`, or for a service that could not be judged `–, not judged`."""
    return "–, not judged" if value is None else str(value)


def place(where: Mapping[str, Any]) -> str:
    """Where a finding was seen, as one phrase without its excerpt: `metrics.txt:12, series up`."""
    file, line = where.get("file"), where.get("line")
    parts = [f"{file}:{line}" if line is not None else str(file)] if file else []
    if line is not None and not file:
        parts.append(f"line {line}")
    named = [(key, value) for key, value in where.items() if key not in ("file", "line", "excerpt", "url")]
    parts += [f"{key} {value}" for key, value in named if value not in (None, "")]
    if where.get("url"):
        parts.append(str(where["url"]))
    return ", ".join(parts)


def provenance(component: Mapping[str, Any]) -> str:
    """One line on what a component's evidence comes from."""
    parts = [PROVENANCE[component["provenance"]], *(component.get(key) for key in ("version", "endpoint", "detail"))]
    return " · ".join(str(part) for part in parts if part)
