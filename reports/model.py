"""Verdicts and run information become the report: one dictionary shaped by `schemas/report.schema.json`.

Score, 0 to 100: the share of evaluated rules that passed, a MUST weighing 3 and a SHOULD 1, rounded down so that only
a flawless service gets 100. A waived breach counts as broken: a waiver opens the gate, it fixes nothing. Verdicts
`not-evaluated` and `error` do not count; where they outnumber the others, the service is not judged: its score is None.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from reports.baseline import Baseline
from reports.text import clean_tree

OUTCOMES = ("fail", "error", "warn", "not-evaluated", "waived", "pass")
"""Worst first: the order in every format."""
NOT_APPLICABLE = "not-applicable"
"""How a verdict counts whose rule does not apply to its subject: it is no gap."""
SCORE_EXPLAINED = (
    "Share of evaluated rules that passed, a MUST weighing 3 and a SHOULD 1, rounded down. A waived breach counts "
    "as broken. What was not evaluated, or where the suite itself broke, does not count; where that is more than "
    "half of what applies, the service is not judged and has no score."
)
FAILING = {"must": ("fail", "error"), "warning": ("fail", "error", "warn", "not-evaluated")}
"""What each value of `--fail-on` counts as a failure."""
_WEIGHTS = {"MUST": 3, "SHOULD": 1}
_EVALUATED = {"pass": 1, "fail": 0, "warn": 0, "waived": 0}
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
    "evidence": "static",
    "reason": None,
    "source": None,
    "why": "",
    "waiver": None,
    "findings": (),
    "findings_total": 0,
    "duration_s": 0,
}
_CHOICES = {
    "level": ("MUST", "SHOULD"),
    "subject_kind": ("service", "component", "dashboard", "stack"),
    "outcome": OUTCOMES,
    "evidence": ("live", "simulated", "static"),
}
_NULLABLE = ("service", "reason", "source")


@dataclass(frozen=True)
class SuiteInfo:
    """The suite and its run: name, version, what was typed, how to repeat it.

    `scope` are the options that limited the run, as typed, and what ended it early; empty for a complete run.
    `selected_services` are those named by --service or --service-url; empty for all.
    """

    name: str = "observability-conformance"
    version: str = "0"
    command: str = "pytest suites/"
    rerun: str = "pytest suites/"
    scope: tuple[str, ...] = ()
    selected_services: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunInfo:
    """`run.json` as read, with the problems met while reading it."""

    data: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


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
    return {"message": str(item["message"]), "where": places, "hint": None if hint is None else str(hint)}


def _waiver(item: object) -> dict[str, Any] | None:
    if not isinstance(item, Mapping):
        return None
    fields = {key: item.get(key) for key in ("reason", "owner", "expires")}
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
    verdict["rule"] = verdict["rule"] or _DEFAULTS["rule"]
    verdict["area"] = verdict["area"] or verdict["rule"].partition("/")[0]
    verdict["title"] = verdict["title"] or verdict["rule"]
    found = verdict["findings"] if isinstance(verdict["findings"], list | tuple) else [verdict["findings"]]
    total, seconds = verdict["findings_total"], verdict["duration_s"]
    verdict["findings"] = [_finding(item) for item in found[:_MAX_FINDINGS]]
    verdict["findings_total"] = max(len(found), total if isinstance(total, int) else 0)
    verdict["duration_s"] = max(0.0, float(seconds)) if isinstance(seconds, int | float) else 0.0
    verdict["waiver"] = _waiver(verdict["waiver"])
    verdict["applies"] = verdict["applies"] is not False or verdict["outcome"] != "not-evaluated"
    if problems:
        verdict["outcome"] = "error"
        verdict["reason"] = f"The suite sent a malformed verdict: {', '.join(problems)}. {verdict['reason'] or ''}"
    cleaned: dict[str, Any] = clean_tree(verdict)
    return cleaned


def state_of(verdict: Mapping[str, Any]) -> str:
    """The outcome as it counts: `not-applicable` apart from `not-evaluated`."""
    return NOT_APPLICABLE if verdict.get("applies") is False else str(verdict["outcome"])


def count(verdicts: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Number of verdicts by outcome, every outcome present."""
    found = Counter(map(state_of, verdicts))
    return {outcome: found[outcome] for outcome in (*OUTCOMES, NOT_APPLICABLE)}


def score(verdicts: Sequence[Mapping[str, Any]]) -> int | None:
    """Score from 0 to 100 as the module's docstring explains, None if not judged."""
    if not judged(count(verdicts)):
        return None
    earned = possible = 0
    for verdict in verdicts:
        if verdict["outcome"] in _EVALUATED:
            weight = _WEIGHTS[verdict["level"]]
            possible += weight
            earned += weight * _EVALUATED[verdict["outcome"]]
    return 100 * earned // possible


def passes(counts: Mapping[str, int], fail_on: str) -> bool:
    """Whether these counts leave the gate open."""
    return not any(counts[outcome] for outcome in FAILING[fail_on])


def evaluated(counts: Mapping[str, int]) -> int:
    """Number of verdicts that rest on evidence."""
    return sum(counts[outcome] for outcome in _EVALUATED)


def judged(counts: Mapping[str, int]) -> bool:
    """Whether enough was evaluated to judge by: at least half of what applies."""
    return evaluated(counts) > 0 and evaluated(counts) >= counts["not-evaluated"] + counts["error"]


def _services(run: Mapping[str, Any], verdicts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every service of the run and every one that a verdict names, by name."""
    by_service: dict[str, list[dict[str, Any]]] = {}
    for verdict in verdicts:
        if verdict["service"] is not None:
            by_service.setdefault(verdict["service"], []).append(verdict)
    known = {item["name"]: item for item in run.get("services") or ()}
    return [
        {
            "name": name,
            "system": known.get(name, {}).get("system"),
            "owner": known.get(name, {}).get("owner"),
            "description": known.get(name, {}).get("description"),
            "score": score(by_service.get(name, ())),
            "counts": count(by_service.get(name, ())),
            "measures": known.get(name, {}).get("measures") or {},
        }
        for name in sorted({*known, *by_service})
    ]


def _components(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    keys = ("name", "provenance", "version", "endpoint", "detail")
    return [{key: item.get(key) for key in keys} for item in run.get("components") or ()]


def build(
    verdicts: Iterable[object],
    run: RunInfo | None = None,
    suite: SuiteInfo | None = None,
    *,
    fail_on: str = "must",
    notes: Iterable[str] = (),
    baseline: Baseline | None = None,
) -> dict[str, Any]:
    """Build the report from raw verdicts; `run` may be missing in a partial run.

    Verdicts are sorted by service (the stack's own last), area, rule and subject, so that two runs compare.
    """
    run, suite = run or RunInfo(), suite or SuiteInfo()
    known: dict[str, Any] = clean_tree(dict(run.data))
    found = [normalise(raw) for raw in verdicts]
    found.sort(key=lambda v: (v["service"] is None, v["service"] or "", v["area"], v["rule"], v["subject"]))
    own = [verdict for verdict in found if verdict["service"] is None]
    counts = count(found)
    return {
        "format": 2,
        "suite": {
            "name": suite.name,
            "version": suite.version,
            "command": known.get("command") or clean_tree(suite.command),
            "rerun": known.get("rerun") or clean_tree(suite.rerun),
            "complete": not suite.scope,
            "scope": clean_tree(list(suite.scope)),
            "selected_services": clean_tree(list(suite.selected_services)),
        },
        "started": known.get("started") or datetime.now(UTC).isoformat(timespec="seconds"),
        "duration_s": known.get("duration_s") or 0,
        "collection_s": known.get("collection_s"),
        "gate": {"passed": evaluated(counts) > 0 and passes(counts, fail_on), "fail_on": fail_on, "counts": counts},
        "stack": {
            "backend": known.get("backend"),
            "components": _components(known),
            "score": score(own),
            "counts": count(own),
        },
        "services": _services(known, found),
        "verdicts": found,
        "notes": [*known.get("notes", ()), *clean_tree([*run.problems, *notes])],
        "baseline": baseline.compare(found) if baseline else None,
    }
