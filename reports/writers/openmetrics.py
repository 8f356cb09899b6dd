"""`conformance.prom`: the run's results as metrics, for node-exporter's textfile collector.

Valid OpenMetrics and valid in Prometheus' text format, which is what that collector reads: gauges only, no timestamps.
The label is `judged`, since Prometheus sets `service` and `job` of a scraped series to those of the target.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from reports.text import clip, one_line
from reports.verdicts import NOT_APPLICABLE, OUTCOMES
from reports.views import SHARED, scope

Report = Mapping[str, Any]
Samples = Iterable[tuple[Mapping[str, object], float]]
LAST_SUCCESS = "conformance_last_success_timestamp_seconds"
_MAX_BREACHES = 2000
"""Series of single breaches: a bound on what one run costs the Prometheus that stores it."""
_BREACH = ("fail", "error", "warn", "waived")


def epoch(moment: str | None) -> float | None:
    """An ISO 8601 time in seconds since 1970, None for what is no time."""
    try:
        return datetime.fromisoformat(moment or "").timestamp()
    except ValueError:
        return None


def _value(text: object) -> str:
    flat = clip(one_line(str(text)), 200)
    return flat.replace("\\", "\\\\").replace('"', '\\"')


def _family(name: str, help_text: str, samples: Samples) -> Iterator[str]:
    lines = []
    for labels, number in samples:
        pairs = ",".join(f'{key}="{_value(value)}"' for key, value in labels.items())
        lines.append(f"{name}{{{pairs}}} {number:.15g}" if pairs else f"{name} {number:.15g}")
    if lines:
        yield from (f"# HELP {name} {help_text}", f"# TYPE {name} gauge", *lines)


def _owners(report: Report) -> list[tuple[str, Mapping[str, Any]]]:
    """Every service, and the stack itself where it was judged."""
    found = [(service["name"], service) for service in report["services"]]
    return found + ([(SHARED, report["stack"])] if any(report["stack"]["counts"].values()) else [])


def _verdicts(owners: Iterable[tuple[str, Mapping[str, Any]]]) -> Samples:
    for name, owner in owners:
        for outcome in (*OUTCOMES, NOT_APPLICABLE):
            yield {"judged": name, "outcome": outcome}, owner["counts"][outcome]


def _breaches(report: Report) -> dict[tuple[str, str, str], int]:
    """Findings by rule, owner and outcome."""
    found: dict[tuple[str, str, str], int] = {}
    for verdict in report["verdicts"]:
        if verdict["outcome"] in _BREACH:
            key = verdict["rule"], verdict["service"] or SHARED, verdict["outcome"]
            found[key] = found.get(key, 0) + max(1, verdict["findings_total"])
    return found


def render(report: Report) -> str:
    """Write the metrics; each label value is one line of at most 200 characters."""
    begun, owners, breaches = epoch(report["started"]), _owners(report), _breaches(report)
    success, code = epoch(report.get("last_success")), report["gate"].get("exit_code")
    kept = sorted(breaches.items(), key=lambda item: (_BREACH.index(item[0][2]), item[0]))[:_MAX_BREACHES]
    suite, backend = report["suite"], report["stack"]["backend"] or "unknown"
    about = {"version": suite["version"], "backend": backend, "scope": scope(report) or "everything"}
    families: tuple[tuple[str, str, Samples], ...] = (
        ("verdicts", "Verdicts of the last run, one per rule and subject.", _verdicts(owners)),
        (
            "breaches",
            "Findings of the last run by the rule that they break, the worst first where there are too many.",
            [({"rule": rule, "judged": name, "outcome": outcome}, count) for (rule, name, outcome), count in kept],
        ),
        (
            "breaches_omitted",
            "Combinations of rule, judged and outcome without a series in conformance_breaches.",
            [({}, len(breaches) - len(kept))],
        ),
        (
            "score",
            "Score from 0 to 100; none where less than half of what applies could be evaluated.",
            [({"judged": name}, owner["score"]) for name, owner in owners if owner["score"] is not None],
        ),
        ("gate_passed", "Whether the last run passed the gate, 1 or 0.", [({}, report["gate"]["passed"])]),
        ("exit_code", "Exit code of the last run.", [] if code is None else [({}, code)]),
        ("run_duration_seconds", "How long the last run took.", [({}, report["duration_s"])]),
        (
            "last_run_timestamp_seconds",
            "When the last run ended.",
            [] if begun is None else [({}, begun + report["duration_s"])],
        ),
        (
            LAST_SUCCESS.removeprefix("conformance_"),
            "When the last run ended that exited with 0; none while none has.",
            [] if success is None else [({}, success)],
        ),
        ("run_info", "What the last run was.", [(about, 1)]),
    )
    lines = [line for name, words, samples in families for line in _family(f"conformance_{name}", words, samples)]
    return "\n".join([*lines, "# EOF", ""])
