"""What changed since an earlier report: new, still broken, fixed, or no longer proven either way.

Findings are compared, not rules: a rule that was broken before and is now broken in one more way has a new finding. A
verdict without findings, such as an error of the suite, counts as one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.earlier import read_report
from reports.text import clean, clean_tree
from reports.verdicts import normalise

_BROKEN = ("fail", "warn", "error")
Key = tuple[str, str, str, str | None]


def key_of(verdict: Mapping[str, Any]) -> Key:
    """By what a verdict is known again."""
    return verdict["rule"], verdict["subject_kind"], verdict["subject"], verdict["service"]


@dataclass(frozen=True)
class Known:
    """What an earlier report found broken in one verdict: how many findings of each kind, and their words."""

    kinds: Mapping[str, int]
    messages: frozenset[str]


_NOTHING = Known({}, frozenset())


@dataclass(frozen=True)
class Baseline:
    """An earlier report, reduced to what it found broken."""

    file: str
    started: str
    broken: Mapping[Key, Known]

    def knows(self, raw: Mapping[str, Any]) -> bool:
        """Whether every finding of this verdict, as the suites send it, was there before."""
        return not self._new(normalise(raw))[1]

    def compare(self, verdicts: list[dict[str, Any]]) -> dict[str, Any]:
        """Set `change` on each verdict and finding, and return the report's `baseline` part."""
        changes: Counter[str] = Counter()
        for verdict in verdicts:
            before = sum(self.broken[key].kinds.values()) if (key := key_of(verdict)) in self.broken else 0
            if verdict["outcome"] in _BROKEN:
                still, new = self._new(verdict, mark=True)
                verdict["change"] = "new" if new else "still"
                unproven = self._unproven(verdict, before - still)
                changes.update(still=still, new=new, unproven=unproven, fixed=before - still - unproven)
            else:
                change = "fixed" if verdict["outcome"] == "pass" else "unproven"
                verdict["change"] = change if before else None
                changes[change] += before
        gone = self.broken.keys() - {key_of(verdict) for verdict in verdicts}
        return {
            "file": self.file,
            "started": self.started,
            "counts": {change: changes[change] for change in ("new", "still", "fixed", "unproven")},
            "gone": [
                {"rule": rule, "subject": subject, "service": service}
                for rule, _, subject, service in sorted(gone, key=lambda key: tuple(map(str, key)))
            ],
        }

    def _new(self, verdict: Mapping[str, Any], *, mark: bool = False) -> tuple[int, int]:
        """How many findings were there before, and how many were not; of those alike, the same words come first."""
        known = self.broken.get(key_of(verdict), _NOTHING)
        left = Counter(known.kinds)
        for finding in sorted(verdict["findings"], key=lambda found: found["message"] not in known.messages):
            kind = _kind(finding["fingerprint"])
            if finding.get("waiver") is None:
                still = left[kind] > 0
                if mark:
                    finding["change"] = "still" if still else "new"
                left[kind] -= 1
        for name in _others(verdict):
            left[_kind(name)] -= 1
        return sum(known.kinds.values()) - sum((+left).values()), sum((-left).values())

    def _unproven(self, verdict: Mapping[str, Any], missing: int) -> int:
        """How many of the findings that are missing in a broken verdict are no longer proven, rather than fixed."""
        if verdict["outcome"] == "error" and not verdict["waiver"]:
            return missing  # the suite broke: what it would have found is not known
        waived = Counter(_kind(each["fingerprint"]) for each in verdict["findings"] if each.get("waiver"))
        known = self.broken.get(key_of(verdict), _NOTHING).kinds
        return min(missing, sum(min(number, known.get(kind, 0)) for kind, number in waived.items()))


def _kind(fingerprint: str) -> str:
    """The fingerprint without the number of those alike."""
    return fingerprint.partition("-")[0]


def _others(verdict: Mapping[str, Any]) -> list[str]:
    """The fingerprints that are not in the list of findings; an empty one for a verdict without any."""
    return list(verdict["unlisted"]) if verdict["findings"] else [""]


def _known(verdict: Mapping[str, Any]) -> Known:
    listed = [finding for finding in verdict["findings"] if finding.get("waiver") is None]
    kinds = Counter(_kind(name) for name in [*(finding["fingerprint"] for finding in listed), *_others(verdict)])
    return Known(kinds, frozenset(finding["message"] for finding in listed))


def of_verdicts(file: str, started: str, verdicts: Iterable[Mapping[str, Any]]) -> Baseline:
    """The baseline that these verdicts are."""
    broken = [normalise(verdict) for verdict in verdicts if verdict["outcome"] in _BROKEN]
    return Baseline(file, started, {key_of(verdict): _known(verdict) for verdict in broken})


def load_baseline(path: Path) -> Baseline:
    """Read an earlier `report.json`; raises ReportError where it cannot be compared with."""
    report = read_report(path)
    return of_verdicts(clean(path.name), clean(report["started"]), clean_tree(report["verdicts"]))
