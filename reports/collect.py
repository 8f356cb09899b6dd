"""Gathers verdicts from pytest's reports and loses none: what breaks without a verdict becomes an `error` verdict.

Verdicts arrive as ("verdict", dict) in `user_properties`, which pytest-xdist carries to the controller. A test may
also name early what it is about with ("verdict_subject", dict): rule, title, subject, service and the like of a
verdict that a crash before the judgement would otherwise leave nameless.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Protocol

from reports.model import fails
from reports.verdicts import normalise

OWN_TESTS = ("tests", "benchmarks")
"""Folders whose tests judge the suite, not services."""


class Report(Protocol):
    """What pytest's TestReport and CollectReport have in common, as far as needed."""

    nodeid: str
    outcome: Any
    longrepr: Any
    sections: list[tuple[str, str]]


def _reason(report: Report) -> str:
    """The reason in one paragraph: a skip's message, or the last lines of the error."""
    longrepr = report.longrepr
    if isinstance(longrepr, tuple | list) and len(longrepr) == 3:
        return str(longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(longrepr, "reprcrash", None)
    if crash is not None:
        return f"{crash.message} ({PurePosixPath(str(crash.path)).name}:{crash.lineno})"
    text = str(longrepr or "no reason given").strip()
    return text if len(text) < 1400 else f"…{text[-1400:]}"


def _nameless(nodeid: str) -> dict[str, Any]:
    """As much of a verdict as a test's id has: area from its folder, the parameters as subject."""
    path, _, name = nodeid.partition("::")
    area = PurePosixPath(path).parent.name or PurePosixPath(path).stem or "suite"
    _, bracket, parameters = name.partition("[")
    subject = parameters.rstrip("]") if bracket else name or path
    return {"rule": f"{area}/{PurePosixPath(path).stem}", "title": nodeid, "area": area, "subject": subject}


class Collector:
    """Verdicts by test, in the order in which tests finished."""

    def __init__(self, fail_on: str) -> None:
        self._fail_on = fail_on
        self._by_test: dict[str, list[Any]] = {}
        self._extra: dict[tuple[str, str], dict[str, Any]] = {}
        self.real = False

    def add(self, report: Report, when: str, properties: Iterable[Any]) -> None:
        """Take one phase (`setup`, `call`, `teardown`, `collect` or xdist's `???`) of one test."""
        if report.nodeid.partition("::")[0].partition("/")[0] in OWN_TESTS:
            return
        pairs = [tuple(pair) for pair in properties if isinstance(pair, tuple | list) and len(pair) == 2]
        verdicts = [value for name, value in pairs if name == "verdict"]
        subject: Any = next((value for name, value in pairs if name == "verdict_subject"), {})
        if verdicts or when == "collect":  # a suite that cannot be imported has none, and must be reported
            self.real = True
        if verdicts:
            self._by_test[report.nodeid] = verdicts
        invented = self._invented(report, when, verdicts)
        if invented:
            known = subject if isinstance(subject, Mapping) else {}
            self._extra[report.nodeid, when] = {**_nameless(report.nodeid), **known, **invented}

    def _invented(self, report: Report, when: str, verdicts: list[Any]) -> dict[str, Any] | None:
        """The outcome of a verdict that the test itself did not give, or None if its own ones are enough."""
        if report.outcome == "skipped" and not verdicts:
            expected = getattr(report, "wasxfail", None)
            if expected is not None:
                return {"outcome": "waived", "reason": str(expected) or "expected to fail"}
            return {"outcome": "not-evaluated", "reason": _reason(report)}
        if report.outcome != "failed":
            return None
        if when in ("setup", "call") and any(self._closes_gate(verdict) for verdict in verdicts):
            return None
        if when in ("setup", "call") and verdicts:
            return {"outcome": "error", "reason": f"The test failed without a failing verdict: {_reason(report)}"}
        phase = f" in {when}" if when in ("setup", "teardown", "collect") else ""
        return {"outcome": "error", "reason": f"The suite broke{phase}: {_reason(report)}"}

    def _closes_gate(self, raw: Any) -> bool:
        """Whether a test may fail for this verdict; whether a finding is new is not known here."""
        change = {"change": "new"} if self._fail_on == "new" else {}
        return fails(normalise(raw) | change, self._fail_on)

    def taken(self) -> Iterator[Any]:
        """Every verdict, each of which is let go of with that: of a large platform they are hundreds of megabytes."""
        for test in list(self._by_test):
            yield from self._by_test.pop(test)
        yield from self._extra.values()
