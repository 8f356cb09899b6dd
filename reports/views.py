"""What the formats have in common, worked out once: failures grouped, gaps by reason, places and scores in words.

Pure functions of the report dictionary; a writer only lays out what they return.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from reports.model import passes
from reports.text import plural
from reports.verdicts import OUTCOMES, state_of

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
ENDING_DAYS = 14
"""A waiver that ends within so many days is announced."""
FLAPPING_RUNS, FLAPPING_CHANGES = 10, 3
FLAPS = f"appeared or disappeared at least {FLAPPING_CHANGES} times in the last {FLAPPING_RUNS} runs"
"""When a finding flaps, in words."""
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
    def root_cause(self) -> bool:
        """Whether others are missing because of it: a component or service is down."""
        return bool(self.first["root_cause"]) and self.first["outcome"] == "fail"

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
    own = ("fingerprint", "flapping")  # of one subject alone
    findings = tuple(
        {key: part for key, part in item.items() if key not in own} for item in _shared_findings(members[0])
    )
    if all(
        [item["message"] for item in _shared_findings(member)] == [item["message"] for item in findings]
        for member in members
    ):
        return findings
    of = members[0]["subject"]
    return tuple({**item, "message": f"{item['message']} (numbers of {of}, others differ)"} for item in findings)


def group(verdicts: Iterable[Verdict], *outcomes: str) -> list[Group]:
    """Collapse verdicts with these outcomes that repeat one text but for its numbers.

    Root causes come first, then MUST, then the widest.
    """
    found: dict[tuple[Any, ...], list[Verdict]] = {}
    for verdict in verdicts:
        if verdict["outcome"] in outcomes:
            messages = tuple((_shape(item["message"]), item.get("hint")) for item in _shared_findings(verdict))
            reason = _unnamed(verdict["reason"], verdict["subject"])
            key = (verdict["rule"], verdict["outcome"], verdict["evidence"], reason, messages)
            found.setdefault(key, []).append(verdict)
    groups = [Group(tuple(members), _listed(members)) for members in found.values()]
    order = {outcome: index for index, outcome in enumerate(OUTCOMES)}
    groups.sort(
        key=lambda g: (
            not g.root_cause,
            order[g.first["outcome"]],
            g.first["level"],
            -len(g.verdicts),
            g.first["rule"],
        )
    )
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


def waived(report: Report) -> list[tuple[Verdict, Mapping[str, Any], str]]:
    """What is waived: the verdict, its waiver, and the message of the finding where only one is accepted."""
    found: list[tuple[Verdict, Mapping[str, Any], str]] = []
    for verdict in report["verdicts"]:
        if verdict["outcome"] == "waived" and not any(each.get("waiver") for each in verdict["findings"]):
            waiver = verdict["waiver"] or {"reason": verdict["reason"] or "", "owner": None, "expires": None}
            found.append((verdict, waiver, ""))
        found += [(verdict, each["waiver"], each["message"]) for each in verdict["findings"] if each.get("waiver")]
    return found


def waiver_text(waiver: Mapping[str, Any]) -> str:
    """A waiver in words: `Waived until 2027-01-31 by shop (OPS-7): old clients read the old name`."""
    until = f" until {waiver['expires']}" if waiver.get("expires") else ""
    who = f" by {waiver['owner']}" if waiver.get("owner") else ""
    ticket = f" ({waiver['ticket']})" if waiver.get("ticket") else ""
    return f"Waived{until}{who}{ticket}: {waiver['reason']}"


def ending(report: Report) -> list[str]:
    """The waivers that end within 14 days of the run, the first to end first."""
    found = set()
    for verdict in report["verdicts"]:
        each = [verdict["waiver"], *(finding.get("waiver") for finding in verdict["findings"])]
        for waiver in each if verdict["outcome"] != "error" else ():
            with suppress(TypeError, ValueError):
                end = date.fromisoformat(waiver["expires"])
                left = (end - datetime.fromisoformat(report["started"]).date()).days
                if left <= ENDING_DAYS:
                    days = f"in {plural(left, 'day')}" if left else "today"
                    who = f" ({waiver['owner']})" if waiver["owner"] else ""
                    found.add((end, f"{verdict['rule']} on {verdict['subject']} ends {days}, on {end}{who}"))
    return [text for _, text in sorted(found)]


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
