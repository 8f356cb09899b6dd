"""`index.html`: one self-contained page for people. No outside resource, no inline handler, a strict policy.

The content security policy allows exactly the page's own style and script, by hash. Everything that comes from
a service goes through Jinja's autoescape; the content needs no script, only the matrix's filters do.
"""

import base64
import hashlib
import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from reports import charts
from reports.headline import headline
from reports.matrix import build_matrix
from reports.model import SCORE_EXPLAINED
from reports.page import Page, pages
from reports.text import plural
from reports.verdicts import OUTCOMES
from reports.views import FLAPS, SHARED, ending, fails_gate, gaps, group, place, provenance, waiver_text, worst_first

Report = Mapping[str, Any]
_TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
_MAX_GROUPS = 60
_MAX_TRENDS = 40


def prose(text: object) -> Markup:
    """Escape, then mark words between paired backticks as code."""
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped before


def link(url: str | None) -> str | None:
    """The address if it is one that may be followed, else None: `javascript:` and the like stay text."""
    return url if url and re.fullmatch(r"https?://[^\s\"'<>]+", url) else None


def moment(started: str) -> str:
    """An ISO 8601 time for people; what is none stays as it is."""
    try:
        return datetime.fromisoformat(started).strftime("%-d %B %Y, %H:%M %Z").strip()
    except ValueError:
        return started


def _source(name: str) -> Markup:
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8").strip())  # noqa: S704  # our own file


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": prose, "link": link, "place": place, "seconds": charts.seconds}
    environment.filters |= {"waived": waiver_text}
    environment.filters |= {"amount": charts.amount, "moment": moment, "provenance": provenance}
    environment.filters |= {"shell": shlex.quote}
    environment.globals |= {"plural": plural, "ident": id, "OUTCOMES": OUTCOMES, "SHARED": SHARED}
    return environment


def _telemetry(every: list[Page]) -> dict[str, Any]:
    """What the charts' scales need: the largest value over all services, and all delivery times."""
    measured = [page for page in every if page.measured]
    return {
        "pages": measured,
        "delivery": [value for page in measured for value in page.delivery],
        "largest_series": max((page.series or 0 for page in measured), default=0),
        "largest_scrape": max((max(page.scrapes, default=0) for page in measured), default=0),
        "largest_lines": max((page.lines for page in measured), default=0),
    }


def _gallery(pictures: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """The pictures of each subject, those with failing parts first, the widest window first."""
    by_subject: dict[str, list[Mapping[str, Any]]] = {}
    for picture in sorted(pictures, key=lambda one: -one["width"]):
        by_subject.setdefault(picture["subject"], []).append(picture)
    return sorted(by_subject.values(), key=lambda shown: (-max(one["failing"] for one in shown), shown[0]["title"]))


def _trends(report: Report) -> dict[str, list[tuple[str, Markup, str]]]:
    """Name, picture and words of each trend: of services, worst first, and of rules, the most findings first."""
    history = report.get("history")
    if not history or len(history["runs"]) < 2:  # one run has no trend
        return {}
    order = [*(service["name"] for service in worst_first(report)), *history["services"]]
    owners = {name: history["services"][name] for name in dict.fromkeys(order) if name in history["services"]}
    services = {
        name: [None if run is None or run[3] is None else run[:2] for run in runs]
        for name, runs in [*owners.items(), (SHARED, history["stack"])]
    }
    warns = {verdict["rule"] for verdict in report["verdicts"] if verdict["level"] == "SHOULD"}
    rules = sorted(history["rules"].items(), key=lambda item: (-(item[1][-1] or 0), -sum(filter(None, item[1])), item))
    return {
        "services": [_trend(name, runs, "fails + warnings") for name, runs in list(services.items())[:_MAX_TRENDS]],
        "rules": [
            _trend(rule, [None if number is None else [number] for number in runs], "findings", warns=rule in warns)
            for rule, runs in rules[:_MAX_TRENDS]
        ],
    }


def _trend(
    name: str, runs: Sequence[Sequence[int] | None], unit: str, *, warns: bool = False
) -> tuple[str, Markup, str]:
    words = ["not judged" if run is None else "+".join(map(str, run)) for run in runs]
    told = f"{name}, {unit} in {plural(len(runs), 'run')}, the oldest first: {', '.join(words)}"
    drawn = [run and [0, *run] for run in runs] if warns else runs
    return name, charts.trend(drawn, told), " → ".join(words[-2:])


def _context(report: Report) -> dict[str, Any]:
    fail_on = report["gate"]["fail_on"]
    services = worst_first(report)
    every = pages(report, services)
    anchors = {page.name: page.anchor for page in every}
    links = {id(verdict): anchor for page in every for verdict, anchor in page.anchored}
    groups = group(report["verdicts"], "fail", "error")
    changed = {
        change: [verdict for verdict in report["verdicts"] if verdict.get("change") == change]
        for change in ("new", "fixed", "unproven", "still")
    }
    return {
        "report": report,
        "headline": headline(report),
        "pages": every,
        "failing": {page.name for page in every if fails_gate(page.service, fail_on)},
        "groups": groups[:_MAX_GROUPS],
        "more_groups": len(groups) - _MAX_GROUPS,
        "warnings": group(report["verdicts"], "warn"),
        "links": links,
        "anchors": anchors,
        "gaps": gaps(report["verdicts"]),
        "matrix": build_matrix(report, [page.name for page in every], anchors, links),
        "telemetry": _telemetry(every),
        "gallery": _gallery(report.get("pictures") or ()),
        "changed": changed,
        "ending": ending(report),
        "trends": _trends(report),
        "flaps": FLAPS,
        "charts": charts,
        "score_explained": SCORE_EXPLAINED,
    }


def render(report: Report) -> str:
    """Write the page."""
    style, script = _source("style.css"), _source("script.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    template = _environment().get_template("index.html.j2")
    return template.render(_context(report), style=style, script=script, policy=policy)
