"""The report on a terminal: failures first, then warnings, gaps, waivers, provenance and counts.

Yields lines with the markup words of pytest's TerminalWriter (`red`, `bold`, …), wrapped to the width.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from reports.model import NOT_APPLICABLE, OUTCOMES
from reports.text import one_line, plural, visible
from reports.views import SHARED, Group, gaps, group, headline, place, provenance

Report = Mapping[str, Any]
_MAX_GROUPS, _MAX_FINDINGS, _MAX_LISTED = 40, 3, 12
_COLOUR = {"fail": "red", "error": "red", "warn": "yellow", "pass": "green", "none": "yellow"}


@dataclass(frozen=True)
class Line:
    """One line; `rule` is a character to fill the line with, the text then stands in its middle."""

    text: str
    markup: dict[str, bool] = field(default_factory=dict)
    rule: str = ""


def _wrap(text: str, width: int, first: str, then: str | None = None) -> list[str]:
    """Wrap one paragraph; the text is stripped of what could steer a terminal."""
    then = " " * len(first) if then is None else then
    lines = textwrap.wrap(
        one_line(visible(text)),
        max(width, 30),
        initial_indent=first,
        subsequent_indent=then,
        break_on_hyphens=False,
    )
    return lines or [first.rstrip()]


def _excerpt(text: str, width: int) -> Iterator[Line]:
    for raw in visible(text).splitlines()[:4]:
        shown = raw.expandtabs(4)
        room = max(width - 9, 24)
        yield Line(f"      │ {shown[:room]}{'…' if len(shown) > room else ''}", {"light": True})


def _names(found: Group) -> str:
    names = found.subjects
    rest = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(names[:6]) + rest


def _block(found: Group, width: int) -> Iterator[Line]:
    """One failure: what broke, where, how to mend it, who says so."""
    first = found.first
    marks = [first["level"]] + (["simulated"] if first["evidence"] == "simulated" else [])
    marks += [str(first["change"])] if first.get("change") else []
    head = f"{first['outcome'].upper():5} {first['rule']} [{', '.join(marks)}] on {_names(found)}"
    for text in _wrap(head, width, "", "      "):
        yield Line(text, {_COLOUR[first["outcome"]]: True, "bold": True})
    for text in _wrap(first["title"], width, "      "):
        yield Line(text, {"light": True})
    for finding in found.findings[:_MAX_FINDINGS]:
        where = finding.get("where") or {}
        for text in _wrap(finding["message"], width, "    • "):
            yield Line(text)
        if place(where):
            yield from map(Line, _wrap(place(where), width, "      at   "))
        yield from _excerpt(str(where.get("excerpt") or ""), width)
        if finding.get("hint"):
            for text in _wrap(finding["hint"], width, "      mend "):
                yield Line(text, {"green": True})
    hidden = first["findings_total"] - len(found.findings[:_MAX_FINDINGS])
    if hidden > 0:
        yield Line(f"      …and {plural(hidden, 'more finding', 'more findings')}")
    if first["reason"]:
        yield from map(Line, _wrap(first["reason"], width, "    ! "))
    if first["source"]:
        yield Line(f"      source {one_line(visible(first['source']))}", {"light": True})


def _failures(report: Report, width: int) -> Iterator[Line]:
    """Failures and errors under the service they belong to; what several share comes first, once."""
    groups = group(report["verdicts"], "fail", "error")
    shown = groups[:_MAX_GROUPS]
    shown.sort(key=lambda found: (found.owner != "Several services", found.owner == SHARED, found.owner))
    owners = {service["name"]: service for service in report["services"]}
    for owner, members in groupby(shown, key=lambda found: found.owner):
        service = owners.get(owner, {})
        about = [owner, *(str(service[key]) for key in ("system", "owner") if service.get(key))]
        about += [f"score {service['score']}"] if service.get("score") is not None else []
        yield Line("")
        yield Line(one_line(visible(" · ".join(about))), {"bold": True}, rule="─")
        for found in members:
            yield from _block(found, width)
    if len(groups) > len(shown):
        yield Line(f"…and {plural(len(groups) - len(shown), 'more failure')}: see the report.", {"red": True})


def _warnings(report: Report, width: int) -> Iterator[Line]:
    groups = group(report["verdicts"], "warn")
    if groups:
        yield Line("")
        yield Line(f"{plural(sum(len(g.verdicts) for g in groups), 'warning')} (SHOULD)", {"yellow": True}, rule="─")
    for found in groups[:_MAX_LISTED]:
        said = found.findings[0]["message"] if found.findings else found.first["title"]
        more = f" (+{found.first['findings_total'] - 1})" if found.first["findings_total"] > 1 else ""
        yield from map(
            Line, _wrap(f"{found.first['rule']} on {_names(found)}: {said}{more}", width, "WARN  ", "      ")
        )
    if len(groups) > _MAX_LISTED:
        yield Line(f"      …and {len(groups) - _MAX_LISTED} more kinds: see the report.")


def _missing(report: Report, width: int) -> Iterator[Line]:
    """What has no verdict and why, then what is waived and until when."""
    missing = gaps(report["verdicts"])
    if missing:
        yield Line("")
        yield Line(f"{plural(sum(gap.count for gap in missing), 'check')} not evaluated", {"cyan": True}, rule="─")
    for gap in missing[:_MAX_LISTED]:
        about = f"({plural(len(gap.rules), 'rule')}, {plural(len(gap.subjects), 'subject')})"
        yield from map(Line, _wrap(f"{gap.reason} {about}", width, f"{gap.count:5} × "))
    if len(missing) > _MAX_LISTED:
        yield Line(f"        …and {len(missing) - _MAX_LISTED} more reasons: see the report.")
    waived = [verdict for verdict in report["verdicts"] if verdict["outcome"] == "waived"]
    if waived:
        yield Line("")
        yield Line(f"{plural(len(waived), 'breach', 'breaches')} waived", {"cyan": True}, rule="─")
    for verdict in waived[:_MAX_LISTED]:
        waiver = verdict["waiver"] or {"reason": verdict["reason"], "owner": None, "expires": None}
        until = f" until {waiver['expires']}" if waiver["expires"] else ""
        who = f" ({waiver['owner']})" if waiver["owner"] else ""
        said = f"{verdict['rule']} on {verdict['subject']}{until}: {waiver['reason']}{who}"
        yield from map(Line, _wrap(said, width, "      "))
    if len(waived) > _MAX_LISTED:
        yield Line(f"      …and {len(waived) - _MAX_LISTED} more: see the report.")


def _footer(report: Report, width: int) -> Iterator[Line]:
    """Who stood behind it, notes, what changed, counts."""
    yield Line("")
    components = report["stack"]["components"]
    longest = max((len(item["name"]) for item in components), default=0)
    for item in components:
        mark = {"yellow": True} if item["provenance"] in ("embedded", "absent") else {}
        for text in _wrap(provenance(item), width, f"{one_line(visible(item['name'])):{longest}}  "):
            yield Line(text, mark)
    for note in report["notes"]:
        for text in _wrap(note, width, "note: "):
            yield Line(text, {"yellow": True})
    if report["baseline"]:
        counts, gone = report["baseline"]["counts"], len(report["baseline"]["gone"])
        said = (
            f"since the baseline of {report['baseline']['started']}: {counts['new']} new, {counts['fixed']} fixed, "
            f"{counts['still']} still failing, {counts['unproven']} no longer proven, {gone} no longer judged"
        )
        yield from map(Line, _wrap(said, width, ""))
    counts = report["gate"]["counts"]
    shown = (*OUTCOMES, NOT_APPLICABLE)
    said = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in shown if counts[outcome]) or "no verdict"
    yield from map(Line, _wrap(said, width, ""))


def lines(report: Report, width: int, *, brief: bool = False) -> Iterator[Line]:
    """Lay the report out for a terminal of `width` columns; `brief` (pytest -q) leaves out warnings and gaps."""
    told = headline(report)
    colour = _COLOUR[told.state]
    yield Line(told.sentence, {colour: True, "bold": True}, rule="=")
    yield from map(Line, _wrap(f"{told.counts} {told.why}", width, ""))
    yield from _failures(report, width)
    if not brief:
        yield from _warnings(report, width)
        yield from _missing(report, width)
    yield from _footer(report, width)


def render(report: Report, width: int = 100) -> str:
    """The same as plain text, without colours."""
    shown = []
    for line in lines(report, width):
        text = f" {line.text} " if line.text else ""
        shown.append(text.center(width, line.rule) if line.rule else line.text)
    return "\n".join(shown) + "\n"
