"""The headline of a report: the run in one sentence, how it came to it, and the doubts that a reader must have."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.model import evaluated, judged, missing_because_of
from reports.text import clip, one_line, plural
from reports.verdicts import OUTCOMES
from reports.views import SHARED, Report, fails_gate, scope


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
    if missing := missing_because_of(report["verdicts"]):
        return "none", f"Not judged in full: {', '.join(missing)} could not be reached"
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
    reasons = [
        f"Because of {name} {plural(number, 'check')} could not be judged."
        for name, number in missing_because_of(report["verdicts"]).items()
    ]
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
    if report["gate"]["fail_on"] == "new":
        known = counts["fail"] - counts.get("new", 0)
        reasons.append(f"{plural(known, 'breach', 'breaches')} known to the baseline (--fail-on new).")
    if report["gate"]["fail_on"] == "warning":
        reasons.append("Warnings and gaps fail this run (--fail-on warning).")
    limited = f"partial run: {clip(one_line(scope(report)), 120)}" if scope(report) else ""
    return Headline(state, sentence, limited, counted, " ".join(reasons))
