"""What every format has in common, worked out once: the headline, failures grouped, gaps grouped by reason.

Pure functions of the report dictionary; a writer only lays out what they return.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.model import OUTCOMES, evaluated, judged, passes, state_of
from reports.text import clip, one_line, plural

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
class Headline:
    """The run in short.

    `state` is pass, fail, error or none, `verdict` a sentence without its full stop, `scope` what a partial run was
    limited to (empty for a complete one); `counts` and `reasons` are whole sentences.
    """

    state: str
    verdict: str
    scope: str
    counts: str
    reasons: str

    @property
    def sentence(self) -> str:
        """Verdict and scope in one line."""
        return f"{self.verdict} ({self.scope})" if self.scope else self.verdict


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


def breach_sentence(counts: Mapping[str, int]) -> str:
    """Counts in words, the worst first, leaving out what is zero."""
    words = {
        "fail": ("breach of a MUST", "breaches of a MUST"),
        "error": ("check that itself broke", "checks that themselves broke"),
        "warn": ("warning", "warnings"),
        "not-evaluated": ("check not evaluated", "checks not evaluated"),
        "waived": ("breach waived", "breaches waived"),
        "pass": ("check passed", "checks passed"),
    }
    return ", ".join(plural(counts[key], *words[key]) for key in OUTCOMES if counts[key])


def scope(report: Report) -> str:
    """What a partial run was limited to, as it was typed; empty for a complete run."""
    return "; ".join(report["suite"]["scope"])


def _names(services: Sequence[Mapping[str, Any]], total: int) -> str:
    """Services as the subject of a sentence: by name where it is one, else counted."""
    if total == 1:
        return str(services[0]["name"])
    counted = f"{len(services):,} of {plural(total, 'service')}"
    return f"All {total:,} services" if len(services) == total else counted


def _sentence(report: Report) -> tuple[str, str]:
    fail_on, services, stack = report["gate"]["fail_on"], report["services"], report["stack"]
    counts, total = report["gate"]["counts"], len(services)
    if not report["verdicts"]:
        return "none", "Nothing was judged"
    if not counts["error"] and not evaluated(counts):
        return "none", "Nothing could be evaluated"
    failing = [service for service in services if fails_gate(service, fail_on)]
    if failing:
        return "fail", f"{_names(failing, total)} {'fails' if len(failing) == 1 else 'fail'} the gate"
    if fails_gate(stack, fail_on):
        return "fail", f"{SHARED} fails the gate"
    if not services:
        return "pass", f"{SHARED} passes the gate"
    passing = [service for service in services if judged(service["counts"])]
    rest = f", {total - len(passing):,} not judged" if len(passing) < total else ""
    if not passing:
        return "none", f"{_names(services, total)} could not be judged"
    return "pass", f"{_names(passing, total)} {'passes' if len(passing) == 1 else 'pass'} the gate{rest}"


def headline(report: Report) -> Headline:
    """The run in one sentence, and its reasons, with the doubts a reader must have."""
    counts = report["gate"]["counts"]
    state, sentence = _sentence(report)
    if state == "fail" and counts["error"] and not counts["fail"] and report["gate"]["fail_on"] == "must":
        state = "error"
        errors = [verdict for verdict in report["verdicts"] if verdict["outcome"] == "error"]
        sentence = f"No verdict yet: the suite itself broke {plural(counts['error'], 'time')}"
        if all(verdict["waiver"] for verdict in errors):
            sentence = f"{plural(len(errors), 'waiver')} to renew or to remove"
    counted = f"{breach_sentence(counts)}." if report["verdicts"] else "No check reported a verdict."
    reasons = []
    broken = Counter(verdict["rule"] for verdict in report["verdicts"] if verdict["outcome"] == "fail")
    if broken:
        often = ", ".join(f"{rule} ({times})" for rule, times in broken.most_common(3) if times > 1)
        more = f", most often {often}" if often else ""
        reasons.append(f"{plural(len(broken), 'rule')} broken{more}.")
    if state == "fail" and not sentence.startswith(SHARED) and report["stack"]["counts"]["fail"]:
        reasons.append(f"{SHARED} breaks {plural(report['stack']['counts']['fail'], 'MUST')}.")
    blank = sum(not judged(service["counts"]) for service in report["services"])
    if blank and state in ("fail", "error"):
        names = report["services"][0]["name"] if len(report["services"]) == 1 else plural(blank, "service")
        reasons.append(f"{names} not judged: less than half of what applies could be evaluated.")
    simulated = sum(
        verdict["evidence"] == "simulated" and verdict["outcome"] != "not-evaluated" for verdict in report["verdicts"]
    )
    if simulated:
        reasons.append(f"{plural(simulated, 'verdict')} simulated, not seen on a real server.")
    if report["gate"]["fail_on"] == "warning":
        reasons.append("Warnings and gaps fail this run (--fail-on warning).")
    limited = f"partial run: {clip(one_line(scope(report)), 120)}" if scope(report) else ""
    return Headline(state, sentence, limited, counted, " ".join(reasons))


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
