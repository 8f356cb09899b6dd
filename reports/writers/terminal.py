"""The report on a terminal: failures first, then warnings, gaps, waivers, components and counts.

Yields lines with the markup words of pytest's TerminalWriter (`red`, `bold`, …), wrapped to the width.
"""

import shutil
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from reports.headline import headline
from reports.text import one_line, plural, visible
from reports.verdicts import NOT_APPLICABLE, OUTCOMES
from reports.views import (
    ENDING_DAYS,
    FLAPS,
    PROVENANCE,
    SEVERAL,
    SHARED,
    Group,
    ending,
    gaps,
    group,
    place,
    score_text,
    waived,
    waiver_text,
)

Report = Mapping[str, Any]
_MAX_GROUPS, _MAX_FINDINGS, _MAX_LISTED = 40, 3, 12
_COLOUR = {"fail": "red", "error": "red", "warn": "yellow", "pass": "green", "none": "yellow"}


@dataclass(frozen=True)
class Line:
    """One line; `rule` is a character to fill the line with, its text is then centred."""

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
        flat = raw.expandtabs(4)
        room = max(width - 9, 24)
        yield Line(f"      │ {flat[:room]}{'…' if len(flat) > room else ''}", {"light": True})


def _names(found: Group) -> str:
    names = found.subjects
    rest = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(names[:6]) + rest


def _block(found: Group, width: int) -> Iterator[Line]:
    """One failure: what broke, where, how to fix it, its source."""
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
            for text in _wrap(finding["hint"], width, "      fix  "):
                yield Line(text, {"green": True})
        if finding.get("waiver"):
            yield from (Line(text, {"cyan": True}) for text in _wrap(waiver_text(finding["waiver"]), width, "      "))
        elif finding.get("fingerprint"):
            new = ", new" if finding.get("change") == "new" else ""
            flapping = f", flapping ({plural(finding['flapping'], 'change')})" if finding.get("flapping") else ""
            yield Line(f"      id   {finding['fingerprint']}{new}{flapping}", {"light": True})
    hidden = first["findings_total"] - len(found.findings[:_MAX_FINDINGS])
    if hidden > 0:
        yield Line(f"      …and {plural(hidden, 'more finding', 'more findings')}")
    if first["reason"]:
        yield from map(Line, _wrap(first["reason"], width, "    ! "))
    if first["source"]:
        yield Line(f"      source {one_line(visible(first['source']))}", {"light": True})


def _failures(report: Report, width: int) -> Iterator[Line]:
    """Failures and errors under the service they belong to; root causes come first, then what several share, once."""
    groups = group(report["verdicts"], "fail", "error")
    listed = sorted(
        groups[:_MAX_GROUPS], key=lambda g: (not g.root_cause, g.owner != SEVERAL, g.owner == SHARED, g.owner)
    )
    owners = {service["name"]: service for service in report["services"]}
    for (root_cause, owner), members in groupby(listed, key=lambda found: (found.root_cause, found.owner)):
        service = owners.get(owner, {})
        about = [
            f"Root cause: {owner}" if root_cause else owner,
            *(str(service[key]) for key in ("system", "owner") if service.get(key)),
        ]
        about += [f"score {score_text(service['score'])}"] if service else []
        yield Line("")
        title = one_line(visible(" · ".join(about)))
        yield Line(title if len(title) <= width - 6 else f"{title[: width - 7]}…", {"bold": True}, rule="─")
        for found in members:
            yield from _block(found, width)
    if len(groups) > len(listed):
        yield Line(f"…and {plural(len(groups) - len(listed), 'more failure')}: see the report.", {"red": True})


def _warnings(report: Report, width: int) -> Iterator[Line]:
    groups = sorted(group(report["verdicts"], "warn"), key=lambda found: found.owner == SHARED)
    if groups:
        yield Line("")
        yield Line(f"{plural(sum(len(g.verdicts) for g in groups), 'warning')} (SHOULD)", {"yellow": True}, rule="─")
    for found in groups[:_MAX_LISTED]:
        if report["suite"]["selected_services"]:  # few, and what the run was for: with place and fix
            yield from _block(found, width)
            continue
        message = found.findings[0]["message"] if found.findings else found.first["title"]
        more = f" (+{found.first['findings_total'] - 1})" if found.first["findings_total"] > 1 else ""
        text = f"{found.first['rule']} on {_names(found)}: {message}{more}"
        yield from map(Line, _wrap(text, width, "WARN  ", "      "))
    if len(groups) > _MAX_LISTED:
        yield Line(f"      …and {len(groups) - _MAX_LISTED} more kinds: see the report.")


def _missing(report: Report, width: int) -> Iterator[Line]:
    """What was not evaluated, by reason, then what is waived and until when."""
    missing, apart = gaps(report["verdicts"]), 0
    if report["suite"]["selected_services"]:  # gaps of the stack itself are only counted
        missing = gaps(verdict for verdict in report["verdicts"] if verdict["service"])
        apart = report["gate"]["counts"]["not-evaluated"] - sum(gap.count for gap in missing)
    if missing or apart:
        yield Line("")
        total = apart + sum(gap.count for gap in missing)
        yield Line(f"{plural(total, 'check')} not evaluated", {"cyan": True}, rule="─")
    for gap in missing[:_MAX_LISTED]:
        about = f"({plural(len(gap.rules), 'rule')}, {plural(len(gap.subjects), 'subject')})"
        yield from map(Line, _wrap(f"{gap.reason} {about}", width, f"{gap.count:5} × "))
    if len(missing) > _MAX_LISTED:
        yield Line(f"        …and {len(missing) - _MAX_LISTED} more reasons: see the report.")
    if apart:
        yield Line(f"{apart:5} × of the stack itself, not of a selected service: see the report")
    accepted = waived(report)
    if accepted:
        yield Line("")
        yield Line(f"{plural(len(accepted), 'breach', 'breaches')} waived", {"cyan": True}, rule="─")
    for verdict, waiver, message in accepted[:_MAX_LISTED]:
        about = f": {message}" if message else ""
        text = f"{verdict['rule']} on {verdict['subject']}{about}: {waiver_text(waiver)}"
        yield from map(Line, _wrap(text, width, "      "))
    if len(accepted) > _MAX_LISTED:
        yield Line(f"      …and {len(accepted) - _MAX_LISTED} more: see the report.")


def _components(report: Report, width: int) -> Iterator[Line]:
    """What the evidence comes from, one line per kind; a run of selected services leaves out what is absent."""
    found: dict[str, list[str]] = {}
    for item in report["stack"]["components"]:
        name = f"{item['name']} {item['version']}" if item.get("version") else item["name"]
        found.setdefault(item["provenance"], []).append(str(name))
    if report["suite"]["selected_services"]:
        found.pop("absent", None)
    for kind, names in sorted(found.items(), key=lambda pair: list(PROVENANCE).index(pair[0])):
        mark = {"yellow": True} if kind in ("embedded", "absent") else {}
        yield from (Line(text, mark) for text in _wrap(", ".join(names), width, f"{PROVENANCE[kind]}: ", "    "))


def _footer(report: Report, width: int) -> Iterator[Line]:
    """What the evidence comes from, notes, what changed, counts."""
    yield Line("")
    yield from _components(report, width)
    for note in report["notes"]:
        for text in _wrap(note, width, "note: "):
            yield Line(text, {"yellow": True})
    if soon := ending(report):
        yield Line(f"{plural(len(soon), 'waiver')} of the next {ENDING_DAYS} days:", {"yellow": True, "bold": True})
        for text in soon[:_MAX_LISTED]:
            yield from (Line(one, {"yellow": True}) for one in _wrap(text, width, "      "))
    if report["baseline"]:
        counts, gone = report["baseline"]["counts"], len(report["baseline"]["gone"])
        text = (
            f"since the baseline of {report['baseline']['started']}: {counts['new']} new, {counts['fixed']} fixed, "
            f"{counts['still']} still failing, {counts['unproven']} no longer proven, {gone} no longer judged"
        )
        yield from map(Line, _wrap(text, width, ""))
    history = report.get("history")
    if history and history["flapping"]:
        names = ", ".join(
            dict.fromkeys(f"{one['rule']} on {one['subject']}" for one in history["flapping"][:_MAX_LISTED])
        )
        text = f"{plural(len(history['flapping']), 'finding')} flapping, that is, {FLAPS}: {names}"
        yield from (Line(one, {"yellow": True}) for one in _wrap(text, width, "", "      "))
    counts = report["gate"]["counts"]
    kinds = (*OUTCOMES, NOT_APPLICABLE)
    text = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in kinds if counts[outcome]) or "no verdict"
    yield from map(Line, _wrap(text, width, ""))


def lines(report: Report, width: int, *, brief: bool = False) -> Iterator[Line]:
    """Lay the report out for a terminal of `width` columns; `brief` (pytest -q) leaves out warnings and gaps."""
    first = headline(report)
    colour = {_COLOUR[first.state]: True, "bold": True}
    if len(first.sentence) <= width - 6:
        yield Line(first.sentence, colour, rule="=")
    else:
        yield Line("", colour, rule="=")
        yield from (Line(text, colour) for text in _wrap(first.sentence, width, ""))
    yield from map(Line, _wrap(f"{first.counts} {first.reasons}", width, ""))
    yield from _failures(report, width)
    if not brief:
        yield from _warnings(report, width)
        yield from _missing(report, width)
    yield from _footer(report, width)


def render(report: Report, width: int | None = None) -> str:
    """The same as plain text, without colours; as wide as the terminal unless `width` is given."""
    width = width or shutil.get_terminal_size((100, 24)).columns
    text = []
    for line in lines(report, width):
        title = f" {line.text} " if line.text else ""
        text.append(title.center(width, line.rule) if line.rule else line.text)
    return "\n".join(text) + "\n"
