"""Verdicts as the suites send them, brought to the shape of `schemas/report.schema.json`."""

from collections.abc import Mapping, Sequence
from typing import Any

from reports.text import clean_tree
from stack.text.fingerprint import fingerprints, is_fingerprint

OUTCOMES = ("fail", "error", "warn", "not-evaluated", "waived", "pass")
"""Worst first: the order in every format."""
NOT_APPLICABLE = "not-applicable"
"""How a verdict counts whose rule does not apply to its subject: it is no gap."""
_MAX_FINDINGS = 50
_DEFAULTS: dict[str, Any] = {
    "rule": "suite/unknown",
    "title": "",
    "level": "MUST",
    "area": "",
    "subject": "",
    "subject_kind": "stack",
    "service": None,
    "outcome": "error",
    "applies": True,
    "because_of": None,
    "root_cause": False,
    "evidence": "static",
    "reason": None,
    "source": None,
    "why": "",
    "waiver": None,
    "findings": (),
    "findings_total": 0,
    "unlisted": (),
    "configuration": None,
    "duration_s": 0,
}
_CHOICES = {
    "level": ("MUST", "SHOULD"),
    "subject_kind": ("service", "component", "dashboard", "stack"),
    "outcome": OUTCOMES,
    "evidence": ("live", "simulated", "static"),
}
_NULLABLE = ("service", "reason", "source", "because_of", "configuration")


def _finding(item: object) -> dict[str, Any]:
    if not isinstance(item, Mapping) or not item.get("message"):
        return {"message": str(item) or "(empty finding)", "where": {}, "hint": None}
    where = item.get("where")
    places = {
        str(key): value if isinstance(value, int) and not isinstance(value, bool) else str(value)
        for key, value in (where.items() if isinstance(where, Mapping) else ())
        if value is not None
    }
    hint = item.get("hint")
    found = {"message": str(item["message"]), "where": places, "hint": None if hint is None else str(hint)}
    found |= {"fingerprint": item["fingerprint"]} if is_fingerprint(item.get("fingerprint")) else {}
    return found | ({"waiver": waiver} if (waiver := _waiver(item.get("waiver"))) else {})


def named(subject: str, findings: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The findings, each with its fingerprint: those of older reports and of other senders have none."""
    if all("fingerprint" in finding for finding in findings):
        return list(findings)
    return [
        {**finding, "fingerprint": name}
        for finding, name in zip(findings, fingerprints(subject, findings), strict=True)
    ]


def _waiver(item: object) -> dict[str, Any] | None:
    if not isinstance(item, Mapping):
        return None
    optional = [key for key in ("ticket", "fingerprint") if item.get(key)]
    fields = {key: item.get(key) for key in ("reason", "owner", "expires", *optional)}
    return {key: None if value is None else str(value) for key, value in fields.items()} | {
        "reason": str(fields["reason"] or "(no reason given)")
    }


def normalise(raw: object) -> dict[str, Any]:
    """Bring one verdict to the schema's shape; what does not fit becomes an `error` with the reason, never a loss."""
    if not isinstance(raw, Mapping):
        return normalise({"rule": "suite/malformed-verdict", "reason": f"not a verdict: {raw!r}"})
    verdict = {key: raw.get(key, default) for key, default in _DEFAULTS.items()}
    problems = [f"`{key}` is missing" for key in ("rule", "subject", "outcome") if raw.get(key) in (None, "")]
    for key, allowed in _CHOICES.items():
        if verdict[key] not in allowed:
            problems.append(f"`{key}` is {verdict[key]!r}")
            verdict[key] = _DEFAULTS[key]
    for key in ("rule", "title", "area", "subject", "why", *_NULLABLE):
        absent = verdict[key] is None
        verdict[key] = (None if key in _NULLABLE else "") if absent else str(verdict[key])
    verdict["rule"], verdict["subject"] = verdict["rule"] or _DEFAULTS["rule"], verdict["subject"] or "(unnamed)"
    verdict["area"] = verdict["area"] or verdict["rule"].partition("/")[0]
    verdict["title"] = verdict["title"] or verdict["rule"]
    found = verdict["findings"] if isinstance(verdict["findings"], list | tuple) else [verdict["findings"]]
    total, seconds = verdict["findings_total"], verdict["duration_s"]
    verdict["findings"] = named(verdict["subject"], [_finding(item) for item in found[:_MAX_FINDINGS]])
    unlisted = verdict["unlisted"] if isinstance(verdict["unlisted"], list | tuple) else ()
    verdict["unlisted"] = [name for name in unlisted if is_fingerprint(name)]
    verdict["findings_total"] = max(len(found), total if isinstance(total, int) else 0)
    verdict["duration_s"] = max(0.0, float(seconds)) if isinstance(seconds, int | float) else 0.0
    verdict["waiver"] = _waiver(verdict["waiver"])
    verdict["root_cause"] = verdict["root_cause"] is True
    verdict["applies"] = verdict["applies"] is not False or verdict["outcome"] != "not-evaluated"
    if problems:
        verdict["outcome"] = "error"
        verdict["reason"] = f"The suite sent a malformed verdict: {', '.join(problems)}. {verdict['reason'] or ''}"
    return {key: clean_tree(value, key) for key, value in verdict.items()}


def state_of(verdict: Mapping[str, Any]) -> str:
    """The outcome as it counts: `not-applicable` apart from `not-evaluated`."""
    return NOT_APPLICABLE if verdict.get("applies") is False else str(verdict["outcome"])
