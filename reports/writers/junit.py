"""`junit.xml`: one test suite per service, one test case per verdict, for CI servers.

Follows the dialect that Jenkins, GitLab and GitHub actions read: `testsuites > testsuite > testcase` with
`failure`, `error`, `skipped`, `system-out` and `properties`. A warning passes, with its text in `system-out`,
unless the run has `--fail-on warning`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any
from xml.etree import ElementTree as ET

from reports.model import fails
from reports.verdicts import NOT_APPLICABLE, state_of
from reports.views import place, provenance, scope, score_text

Verdict = Mapping[str, Any]
_SHARED = "stack"
# Whatever XML 1.0 (section 2.2) does not allow; the report is clean already, but a CI server drops the whole file.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _text(value: object) -> str:
    return _ILLEGAL.sub("\ufffd", str(value))


def _describe(verdict: Verdict) -> str:
    """Everything the owner needs, as the body of the failure."""
    lines = []
    for finding in verdict["findings"]:
        lines.append(finding["message"])
        where = finding.get("where") or {}
        if place(where):
            lines.append(f"  at: {place(where)}")
        if where.get("excerpt"):
            lines.append(f"  excerpt: {where['excerpt']}")
        if finding.get("hint"):
            lines.append(f"  fix: {finding['hint']}")
    hidden = verdict["findings_total"] - len(verdict["findings"])
    if hidden > 0:
        lines.append(f"and {hidden} more findings")
    lines += [str(verdict[key]) for key in ("reason",) if verdict[key]]
    lines.append(f"rule: {verdict['rule']} ({verdict['level']}), evidence: {verdict['evidence']}")
    if verdict["source"]:
        lines.append(f"source: {verdict['source']}")
    return _text("\n".join(lines))


def _outcome(case: ET.Element, verdict: Verdict, fail_on: str) -> None:
    """Add the child element of the outcome; a pass has none."""
    outcome = state_of(verdict)
    first = verdict["findings"][0]["message"] if verdict["findings"] else verdict["reason"] or verdict["title"]
    message = _text(first)
    if outcome == "error":
        ET.SubElement(case, "error", message=message, type=verdict["rule"]).text = _describe(verdict)
    elif fails(verdict, fail_on):
        ET.SubElement(case, "failure", message=message, type=f"{outcome} {verdict['rule']}").text = _describe(verdict)
    elif outcome == "fail":
        ET.SubElement(case, "skipped", message=_text(f"known to the baseline: {message}"))
    elif outcome == "warn":
        ET.SubElement(case, "system-out").text = f"warning: {_describe(verdict)}"
    elif outcome == NOT_APPLICABLE:
        ET.SubElement(case, "skipped", message=_text(f"does not apply: {verdict['reason'] or verdict['title']}"))
    elif outcome == "not-evaluated":
        ET.SubElement(case, "skipped", message=_text(f"not evaluated: {verdict['reason'] or 'no reason given'}"))
    elif outcome == "waived":
        waiver = verdict["waiver"] or {}
        until = f" until {waiver['expires']}" if waiver.get("expires") else ""
        reason = waiver.get("reason") or verdict["reason"] or "no reason given"
        ET.SubElement(case, "skipped", message=_text(f"waived{until}: {reason}"))


def _case(parent: ET.Element, verdict: Verdict, fail_on: str) -> None:
    case = ET.SubElement(
        parent,
        "testcase",
        classname=_text(f"{verdict['service'] or _SHARED}.{verdict['area']}"),
        name=_text(f"{verdict['rule']} [{verdict['subject']}]"),
        time=f"{verdict['duration_s']:.3f}",
    )
    about = ("rule", "level", "outcome", "evidence", "source", "change")
    _properties(case, ((key, verdict[key]) for key in about if verdict.get(key)))
    _outcome(case, verdict, fail_on)


def _properties(parent: ET.Element, pairs: Iterable[tuple[str, object]]) -> None:
    element = ET.SubElement(parent, "properties")
    for name, value in pairs:
        ET.SubElement(element, "property", name=_text(name), value=_text(value))


def _totals(verdicts: list[Verdict], fail_on: str) -> dict[str, str]:
    outcomes = [state_of(verdict) for verdict in verdicts]
    failing = sum(fails(verdict, fail_on) for verdict in verdicts)
    skipped = sum(
        outcome in ("fail", "waived", "not-evaluated", NOT_APPLICABLE) and not fails(verdict, fail_on)
        for verdict, outcome in zip(verdicts, outcomes, strict=True)
    )
    return {
        "tests": str(len(outcomes)),
        "failures": str(failing - outcomes.count("error")),
        "errors": str(outcomes.count("error")),
        "skipped": str(skipped),
        "time": f"{sum(verdict['duration_s'] for verdict in verdicts):.3f}",
    }


def render(report: Mapping[str, Any]) -> str:
    """Write the report as JUnit XML, valid whatever comes from the services."""
    return "".join(parts(report))


def parts(report: Mapping[str, Any]) -> Iterator[str]:
    """The text suite by suite: the elements of 90,000 verdicts would take half a gigabyte."""
    fail_on, verdicts = report["gate"]["fail_on"], report["verdicts"]
    about = {"name": _text(report["suite"]["name"]), **_totals(verdicts, fail_on)}
    empty = ET.tostring(ET.Element("testsuites", about), encoding="unicode")
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n{empty.removesuffix(" />")}{">" if verdicts else " />"}\n'
    scores = {service["name"]: service["score"] for service in report["services"]}
    components = [(f"provenance.{item['name']}", provenance(item)) for item in report["stack"]["components"]]
    stack = [("backend", report["stack"]["backend"] or "unknown"), *components]
    if limited := scope(report):
        stack.append(("partial run", limited))
    for service, members in groupby(verdicts, key=lambda verdict: verdict["service"]):
        own = list(members)
        about = {"name": _text(service or _SHARED), "timestamp": _text(report["started"])}
        element = ET.Element("testsuite", {**about, **_totals(own, fail_on)})
        scored = scores.get(service, report["stack"]["score"])
        _properties(element, [("score", score_text(scored)), *stack])
        for verdict in own:
            _case(element, verdict, fail_on)
        ET.indent(element, level=1)
        yield f"  {ET.tostring(element, encoding='unicode')}\n"
    if verdicts:
        yield "</testsuites>\n"
