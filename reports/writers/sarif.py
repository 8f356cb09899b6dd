"""`conformance.sarif`: the findings as SARIF 2.1.0, for code scanning services and editors.

Keeps to what GitHub reads and requires (https://docs.github.com/en/code-security/code-scanning): each result has one
place in a file, taken from the finding's `location`, and a fingerprint by which the same finding is known again.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from reports.headline import headline
from reports.text import clip, one_line
from reports.verdicts import named
from reports.views import gaps, place, scope
from reports.writers.markdown import escape

Report = Mapping[str, Any]
Verdict = Mapping[str, Any]
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"fail": "error", "warn": "warning", "waived": "note"}
_STATES = {"new": "new", "still": "unchanged", "unproven": "unchanged"}
_MAX_RESULTS = 5000
"""GitHub displays no more of one run."""
_MAX_NOTIFICATIONS = 200
_NOWHERE: Mapping[str, Any] = {"file": "unknown", "line": 1}


def text(value: object, limit: int = 1000) -> str:
    """Text of a service as a SARIF message, without embedded links (section 3.11.6)."""
    return clip(str(value), limit).replace("](", "] (")


def _uri(file: str) -> str:
    """A path as a URI reference; an absolute path as one of scheme `file`."""
    path = quote(file.replace("\\", "/").encode("utf-8", "replace"), safe="/~")
    return f"file://{path}" if path.startswith("/") else path


def _rule(verdict: Verdict) -> dict[str, Any]:
    title, why = text(verdict["title"]), text(verdict["why"] or verdict["title"])
    return {
        "id": verdict["rule"],
        "name": "".join(part.capitalize() for part in one_line(verdict["rule"]).replace("/", "-").split("-")),
        "shortDescription": {"text": title},
        "fullDescription": {"text": why},
        "help": {"text": why, "markdown": f"**{escape(verdict['title'])}**\n\n{escape(verdict['why'])}"},
        **({"helpUri": verdict["source"]} if str(verdict["source"]).startswith("https://") else {}),
        "defaultConfiguration": {"level": "error" if verdict["level"] == "MUST" else "warning"},
        "properties": {
            "tags": [verdict["area"], verdict["level"]],
            "precision": "very-high",
            "problem.severity": "error" if verdict["level"] == "MUST" else "warning",
        },
    }


def _location(finding: Mapping[str, Any]) -> dict[str, Any]:
    at = finding.get("location") or _NOWHERE
    region: dict[str, Any] = {"startLine": max(1, int(at["line"]))}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(at["file"])}, "region": region}}


def _message(verdict: Verdict, finding: Mapping[str, Any]) -> str:
    where = place(finding.get("where") or {})
    parts = [f"{verdict['subject']}: {finding['message']}", where and f"Seen at: {where}", finding.get("hint")]
    return "\n".join(text(part) for part in parts if part)


def _listed(report: Report) -> Iterator[tuple[Verdict, Mapping[str, Any]]]:
    """The findings of all breaches; one in the verdict's own words where it has none."""
    for verdict in report["verdicts"]:
        if verdict["outcome"] in _LEVELS:
            found = verdict["findings"] or [{"message": verdict["reason"] or verdict["title"]}]
            for finding in named(verdict["subject"], found):
                yield verdict, finding


def _result(verdict: Verdict, finding: Mapping[str, Any], index: int, line_hash: str) -> dict[str, Any]:
    waiver = verdict["waiver"] or {}
    state = _STATES.get(finding.get("change") or verdict.get("change") or "")
    return {
        "ruleId": verdict["rule"],
        "ruleIndex": index,
        "level": _LEVELS[verdict["outcome"]],
        "message": {"text": _message(verdict, finding)},
        "locations": [_location(finding)],
        "partialFingerprints": {"primaryLocationLineHash": line_hash, "conformanceFinding/v1": finding["fingerprint"]},
        **({"baselineState": state} if state else {}),
        **(
            {"suppressions": [{"kind": "external", "status": "accepted", "justification": text(waiver.get("reason"))}]}
            if verdict["outcome"] == "waived"
            else {}
        ),
        "properties": {key: verdict[key] for key in ("subject", "service", "evidence") if verdict[key]},
    }


def _line_hash(finding: Mapping[str, Any], *, shared: bool) -> str:
    """The hash of the finding's line, as GitHub computes it; with the finding's own where several have that line.

    Else the second finding of a rule on one line would be taken for the first.
    """
    known = (finding.get("location") or {}).get("hash")
    if known and not shared:
        return str(known)
    digits, _, number = finding["fingerprint"].partition("-")
    return f"{digits}:{number or 1}"


def _notifications(report: Report) -> list[dict[str, Any]]:
    """What broke in the suite and what was not evaluated: no results, and not to be passed over."""
    broke = [
        {
            "level": "error",
            "message": {"text": text(f"{verdict['rule']} on {verdict['subject']}: {verdict['reason']}")},
        }
        for verdict in report["verdicts"]
        if verdict["outcome"] == "error"
    ]
    missing = [
        {"level": "warning", "message": {"text": text(f"not evaluated, {gap.count} times: {gap.reason}")}}
        for gap in gaps(report["verdicts"])
    ]
    return [*broke, *missing]


def _times(report: Report) -> dict[str, str]:
    try:
        start = datetime.fromisoformat(report["started"])
    except ValueError:
        return {}
    end = start + timedelta(seconds=report["duration_s"])
    return {
        key: moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for key, moment in (("startTimeUtc", start), ("endTimeUtc", end))
    }


def render(report: Report) -> str:
    """Write the findings as a SARIF log with one run."""
    listed = list(_listed(report))
    lines = Counter(_key(verdict, finding) for verdict, finding in listed)
    rules: list[dict[str, Any]] = []
    positions: dict[str, int] = {}
    results = []
    for verdict, finding in listed[:_MAX_RESULTS]:
        position = positions.setdefault(verdict["rule"], len(rules))
        if position == len(rules):
            rules.append(_rule(verdict))
        line_hash = _line_hash(finding, shared=lines[_key(verdict, finding)] > 1)
        results.append(_result(verdict, finding, position, line_hash))
    notes = _notifications(report)
    left_out = [
        {"level": "warning", "message": {"text": f"{count:,} more {what} are left out here: see report.json"}}
        for count, what in ((len(listed) - _MAX_RESULTS, "findings"), (len(notes) - _MAX_NOTIFICATIONS, "notes"))
        if count > 0
    ]
    suite = report["suite"]
    run = {
        "tool": {"driver": {"name": suite["name"], "version": suite["version"], "rules": rules}},
        # GitHub closes the alerts that a later run of the same category no longer has.
        "automationDetails": {"id": f"{suite['name']}/{quote(scope(report), safe='')[:200]}"},
        "invocations": [
            {
                "commandLine": suite["rerun"],
                **_times(report),
                "executionSuccessful": not report["gate"]["counts"]["error"],
                "toolExecutionNotifications": [*left_out, *notes[:_MAX_NOTIFICATIONS]],
            }
        ],
        "results": results,
        "properties": {"verdict": headline(report).sentence, "scoreFormula": report.get("score_formula", "")},
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n"


def _key(verdict: Verdict, finding: Mapping[str, Any]) -> tuple[str, str, int]:
    at = finding.get("location") or _NOWHERE
    return verdict["rule"], at["file"], at["line"]
