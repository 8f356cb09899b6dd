"""The history of the last runs in one small file: which finding was there in which run, and the counts of each service.

Several runs may end at once: the file is read, extended and replaced under a lock. What it holds is bounded. A file
that cannot be read is kept beside the new one, and the report says so.
"""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from reports.contract import problems_of
from reports.earlier import current_id
from reports.publish import replace
from reports.views import FLAPPING_CHANGES, FLAPPING_RUNS

RUNS = 30
"""Runs that are kept."""
FINDINGS = 5000
"""Findings that are kept, those of the latest runs first."""
LOCK_S = 30.0
_FOUND, _ABSENT, _NOT_JUDGED = "x", ".", "-"
Key = tuple[str, str, str | None]


class HistoryError(ValueError):
    """The file holds no history; the message names the file and what is wrong."""


@dataclass
class History:
    """The last runs, the oldest first; `findings` has for each finding one character for each run."""

    runs: list[dict[str, Any]] = field(default_factory=list)
    findings: dict[tuple[Key, str], str] = field(default_factory=dict)

    def add(self, report: Mapping[str, Any]) -> None:
        """Add the run of this report, and forget what is too old or too much."""
        judged: dict[Key, set[str]] = {}
        for verdict in report["verdicts"]:
            if verdict["outcome"] != "not-evaluated" and (verdict["outcome"] != "error" or verdict["waiver"]):
                names = {finding["fingerprint"] for finding in verdict["findings"]} | set(verdict["unlisted"])
                judged.setdefault((verdict["rule"], verdict["subject"], verdict["service"]), set()).update(names)
        assumed = "".join(_ABSENT if run["complete"] else _NOT_JUDGED for run in self.runs)
        # Where another finding of the same verdict is known, it tells when the verdict was judged.
        known = {key: states.replace(_FOUND, _ABSENT) for (key, _), states in self.findings.items()}
        for key, names in judged.items():
            for name in names:
                self.findings.setdefault((key, name), known.get(key, assumed))
        for (key, name), states in self.findings.items():
            now = _NOT_JUDGED if key not in judged else _FOUND if name in judged[key] else _ABSENT
            self.findings[key, name] = (states + now)[-RUNS:]
        services = {service["name"]: _counts(service) for service in report["services"]}
        self.runs.append({
            "started": report["started"],
            "complete": report["suite"]["complete"],
            "exit_code": report["gate"].get("exit_code"),
            "stack": _counts(report["stack"]),
            "services": services,
        })  # fmt: skip  # as it is in the file
        self.runs = self.runs[-RUNS:]
        kept = sorted(self.findings.items(), key=lambda item: item[1].rfind(_FOUND), reverse=True)[:FINDINGS]
        self.findings = {about: states for about, states in kept if _FOUND in states}

    def flapping(self) -> Iterator[tuple[Key, str, int]]:
        """The findings that flap, each with how often it changed."""
        for (key, name), states in self.findings.items():
            seen = [state for state in states[-FLAPPING_RUNS:] if state != _NOT_JUDGED]
            changes = sum(one != other for one, other in itertools.pairwise(seen))
            if changes >= FLAPPING_CHANGES:
                yield key, name, changes

    def annotate(self, report: dict[str, Any], file: str) -> None:
        """Give the report its `history`, and `flapping` to its findings."""
        flapping = {(key, name): changes for key, name, changes in self.flapping()}
        for verdict in report["verdicts"]:
            key = verdict["rule"], verdict["subject"], verdict["service"]
            for finding in verdict["findings"]:
                if (key, finding["fingerprint"]) in flapping:
                    finding["flapping"] = flapping[key, finding["fingerprint"]]
        names = sorted({name for run in self.runs for name in run["services"]})
        report["history"] = {
            "file": file,
            "runs": [{key: run[key] for key in ("started", "complete", "exit_code")} for run in self.runs],
            "stack": [run["stack"] for run in self.runs],
            "services": {name: [run["services"].get(name) for run in self.runs] for name in names},
            "rules": self._by_rule(),
            "flapping": [
                {"rule": rule, "subject": subject, "service": service, "fingerprint": name, "changes": changes}
                for ((rule, subject, service), name), changes in sorted(flapping.items(), key=str)
            ],
        }

    def _by_rule(self) -> dict[str, list[int | None]]:
        """Of each rule that was broken, how many findings there were in each run; None where it was not judged."""
        rules: dict[str, list[str]] = {}
        for (key, _), states in self.findings.items():
            rules.setdefault(key[0], []).append(states)
        return {
            rule: [
                None if set(column) == {_NOT_JUDGED} else column.count(_FOUND) for column in zip(*listed, strict=True)
            ]
            for rule, listed in sorted(rules.items())
        }


def _counts(judged: Mapping[str, Any]) -> list[int | None]:
    """Of a service or the stack: fails and errors, warnings, gaps, score."""
    counts = judged["counts"]
    return [counts["fail"] + counts["error"], counts["warn"], counts["not-evaluated"], judged["score"]]


def record(path: Path, report: dict[str, Any]) -> str:
    """Add this run to the file, and the history to the report; returns what went wrong, empty if nothing did."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=LOCK_S):
            history, problem = _read_or_begin(path)
            history.add(report)
            replace(path, _dumped(history))
    except Timeout:
        return f"{path}: not extended, another run has had it open for {LOCK_S:.0f} s"
    except OSError as error:
        return f"{path}: not extended ({error.strerror or error})"
    history.annotate(report, path.name)
    return problem


def _read_or_begin(path: Path) -> tuple[History, str]:
    if not path.exists():
        return History(), ""
    try:
        return load(path), ""
    except HistoryError as error:
        aside = path.with_name(f"{path.name}.unreadable")
        path.replace(aside)
        return History(), f"{error}; it is kept as {aside.name}, and a new history begins"


def load(path: Path) -> History:
    """Read a history; raises HistoryError where the file holds none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise HistoryError(f"{path}: cannot be read as JSON ({error})") from None
    if problems := problems_of(data, "#/$defs/history_file", limit=1):
        raise HistoryError(f"{path}: is no history that this version can read: {problems[0]}")
    runs = data["runs"]
    findings: Iterable[list[Any]] = data["findings"]
    if wrong := next((row for row in findings if len(row[4]) != len(runs)), None):
        raise HistoryError(f"{path}: has {len(runs)} runs, but {len(wrong[4])} states of {wrong[0]} on {wrong[1]}")
    rows = {((current_id(rule), about, owner), name): states for rule, about, owner, name, states in findings}
    return History(runs, rows)


def _dumped(history: History) -> str:
    rows = [[*key, name, states] for (key, name), states in history.findings.items()]
    lines = ",\n".join(json.dumps(row) for row in sorted(rows, key=str))
    runs = ",\n".join(json.dumps(run) for run in history.runs)
    return f'{{"format": 1, "runs": [\n{runs}\n], "findings": [\n{lines}\n]}}\n'
