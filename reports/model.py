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
from reports.verdicts import NOT_APPLICABLE, OUTCOMES, normalise, state_of

SCORE_EXPLAINED = (
    "Share of evaluated rules that passed, a MUST weighing 3 and a SHOULD 1, rounded down. A waived breach counts "
    "as broken. What was not evaluated, or where the suite itself broke, does not count; where that is more than "
    "half of what applies, the service is not judged and has no score."
)
FAILING = {
    "must": ("fail", "error"),
    "warning": ("fail", "error", "warn", "not-evaluated"),
    "new": ("new", "error"),
}
"""What each value of `--fail-on` counts as a failure; `new`: a fail with a finding that the baseline does not have."""
_WEIGHTS = {"MUST": 3, "SHOULD": 1}
_EVALUATED = {"pass": 1, "fail": 0, "warn": 0, "waived": 0}
_MAX_PICTURES = 12_000_000
"""Characters of all pictures together."""
_IMAGES = ("jpeg", "svg")
"""The keys of a picture's image, which is base64 and not cleaned."""


@dataclass(frozen=True)
class SuiteInfo:
    """The suite and its run: name, version, what was typed, how to repeat it.

    `scope` are the options that limited the run, as typed, and what ended it early; empty for a complete run.
    `selected_services` are those named by --service or --service-url; empty for all. `shard` says which part of a run
    this is; None for a whole one.
    """

    name: str = "observability-conformance"
    version: str = "0"
    command: str = "pytest suites/"
    rerun: str = "pytest suites/"
    scope: tuple[str, ...] = ()
    selected_services: tuple[str, ...] = ()
    shard: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class RunInfo:
    """`run.json` as read, with the problems met while reading it."""

    data: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def count(verdicts: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Number of verdicts by outcome, every outcome present, and of those that are `new` against a baseline."""
    found: Counter[str] = Counter()
    for verdict in verdicts:
        found[state_of(verdict)] += 1
        found["new"] += verdict["outcome"] == "fail" and verdict.get("change") == "new"
    return {outcome: found[outcome] for outcome in (*OUTCOMES, NOT_APPLICABLE, "new")}


def fails(verdict: Mapping[str, Any], fail_on: str) -> bool:
    """Whether this verdict closes the gate."""
    new = verdict["outcome"] == "fail" and verdict.get("change") == "new"
    return state_of(verdict) in FAILING[fail_on] or (new and "new" in FAILING[fail_on])


def missing_because_of(verdicts: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many verdicts are missing because of each component that could not be reached, the most first."""
    return dict(Counter(each["because_of"] for each in verdicts if each.get("because_of")).most_common())


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
    return not any(counts.get(outcome) for outcome in FAILING[fail_on])


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


def _pictures(found: Sequence[Mapping[str, Any]], problems: list[str]) -> list[dict[str, Any]]:
    """The pictures as they are, their words cleaned; those beyond the limit are left out and named."""
    kept: list[dict[str, Any]] = []
    size = 0
    for picture in found:
        size += sum(len(picture.get(kind, "")) for kind in _IMAGES)
        if size > _MAX_PICTURES:
            problems.append(
                f"{len(found) - len(kept)} of {len(found)} pictures are left out: the report would be too big."
            )
            break
        words = clean_tree({key: value for key, value in picture.items() if key not in _IMAGES})
        kept.append({**words, **{kind: picture[kind] for kind in _IMAGES if kind in picture}})
    return kept


def clean_report(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report that may come from anywhere, its texts cleaned and its images as they are."""
    cleaned: dict[str, Any] = clean_tree({key: () if key == "pictures" else value for key, value in report.items()})
    if "pictures" in report:
        problems: list[str] = []
        cleaned["pictures"] = _pictures(report["pictures"], problems)
        cleaned["notes"] = [*cleaned["notes"], *problems]
    return cleaned


def gate(verdicts: Sequence[Mapping[str, Any]], fail_on: str) -> dict[str, Any]:
    """The report's `gate` part, without an exit code."""
    counts = count(verdicts)
    passed = evaluated(counts) > 0 and passes(counts, fail_on) and not missing_because_of(verdicts)
    return {"passed": passed, "fail_on": fail_on, "counts": counts}


def stack_part(
    backend: str | None, components: list[dict[str, Any]], verdicts: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """The report's `stack` part."""
    own = [verdict for verdict in verdicts if verdict["service"] is None]
    return {"backend": backend, "components": components, "score": score(own), "counts": count(own)}


def ordered(verdicts: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """By service (the stack's own last), area, rule and subject, so that two runs compare."""
    return sorted(
        verdicts, key=lambda v: (v["service"] is None, v["service"] or "", v["area"], v["rule"], v["subject"])
    )


def build(
    verdicts: Iterable[object],
    run: RunInfo | None = None,
    suite: SuiteInfo | None = None,
    *,
    fail_on: str = "must",
    notes: Iterable[str] = (),
    baseline: Baseline | None = None,
) -> dict[str, Any]:
    """Build the report from raw verdicts; `run` may be missing in a partial run."""
    run, suite = run or RunInfo(), suite or SuiteInfo()
    known: dict[str, Any] = clean_tree({key: value for key, value in run.data.items() if key != "pictures"})
    problems = list(run.problems)
    pictures = _pictures(run.data.get("pictures") or (), problems)
    found = ordered(normalise(raw) for raw in verdicts)
    since = baseline.compare(found) if baseline else None
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
            "shard": clean_tree(suite.shard),
        },
        "started": known.get("started") or datetime.now(UTC).isoformat(timespec="seconds"),
        "duration_s": known.get("duration_s") or 0,
        "collection_s": known.get("collection_s"),
        "gate": gate(found, fail_on),
        "last_success": None,
        "score_formula": SCORE_EXPLAINED,
        "stack": stack_part(known.get("backend"), _components(known), found),
        "services": _services(known, found),
        "verdicts": found,
        "pictures": pictures,
        "timelines": known.get("timelines") or [],
        "notes": [*known.get("notes", ()), *clean_tree([*problems, *notes])],
        "baseline": since,
        "history": None,
    }
