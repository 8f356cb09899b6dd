"""What changed since an earlier report: new, still broken, fixed, or no longer proven either way."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.earlier import read_report
from reports.text import clean, clean_tree

_BROKEN = ("fail", "warn", "error")
Key = tuple[str, str, str, str | None]


def _key(verdict: Mapping[str, Any]) -> Key:
    return verdict["rule"], verdict["subject_kind"], verdict["subject"], verdict["service"]


@dataclass(frozen=True)
class Baseline:
    """An earlier report, reduced to what it found broken."""

    file: str
    started: str
    broken: frozenset[Key]

    def compare(self, verdicts: list[dict[str, Any]]) -> dict[str, Any]:
        """Set `change` on each verdict and return the report's `baseline` part."""
        for verdict in verdicts:
            verdict["change"] = self._change(verdict)
        changes = Counter(verdict["change"] for verdict in verdicts)
        gone = self.broken - {_key(verdict) for verdict in verdicts}
        return {
            "file": self.file,
            "started": self.started,
            "counts": {change: changes[change] for change in ("new", "still", "fixed", "unproven")},
            "gone": [
                {"rule": rule, "subject": subject, "service": service}
                for rule, _, subject, service in sorted(gone, key=lambda key: tuple(map(str, key)))
            ],
        }

    def _change(self, verdict: Mapping[str, Any]) -> str | None:
        before = _key(verdict) in self.broken
        if verdict["outcome"] in _BROKEN:
            return "still" if before else "new"
        if not before:
            return None
        return "fixed" if verdict["outcome"] == "pass" else "unproven"


def load_baseline(path: Path) -> Baseline:
    """Read an earlier `report.json`; raises ReportError where it cannot be compared with."""
    report = read_report(path)
    verdicts = clean_tree([item for item in report["verdicts"] if item["outcome"] in _BROKEN])
    broken = frozenset(map(_key, verdicts))
    return Baseline(file=clean(path.name), started=clean(report["started"]), broken=broken)
