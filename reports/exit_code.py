"""The exit code of a run: one number for the scheduler that started it (docs/gate.md)."""

from collections.abc import Iterator, Mapping
from typing import Any

from reports.model import evaluated, fails, missing_because_of

CLEAN, FINDINGS, INTERRUPTED, BROKE, USAGE, NOTHING_SELECTED, NOT_JUDGED = range(7)
"""The first five and `NOTHING_SELECTED` are pytest's own numbers, with their meaning."""
_FIRST = (INTERRUPTED, BROKE, USAGE, FINDINGS, NOT_JUDGED, NOTHING_SELECTED)
"""Of several, the first of these is the run's."""


def exit_code(report: Mapping[str, Any], status: int, *, incomplete: bool = False) -> int:
    """The exit code of a run with this report, `status` being pytest's own; `incomplete`: a format was not written."""
    found = set(_found(report, status))
    if incomplete:
        found.add(BROKE)
    return next((code for code in _FIRST if code in found), CLEAN if status == CLEAN else status)


def _found(report: Mapping[str, Any], status: int) -> Iterator[int]:
    verdicts, fail_on = report["verdicts"], report["gate"]["fail_on"]
    for verdict in verdicts:
        if verdict["outcome"] == "error" and not verdict["waiver"]:
            yield BROKE
        elif fails(verdict, fail_on):
            yield FINDINGS
    if missing_because_of(verdicts) or (verdicts and not evaluated(report["gate"]["counts"])):
        yield NOT_JUDGED
    if not verdicts and status in (CLEAN, NOTHING_SELECTED):
        yield NOTHING_SELECTED
    if status not in (CLEAN, FINDINGS):
        yield status
