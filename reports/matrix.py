"""The matrix service × rule as compact HTML: a cell is one word, its shape and colour come from the style sheet.

15,000 cells stay below 400 kB because a `td` holds nothing but its outcome's word, and only what needs attention
is a link. End tags of cells and rows are left out, as HTML allows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from reports.verdicts import NOT_APPLICABLE, OUTCOMES, state_of
from reports.views import SHARED

LETTERS = {
    "not-applicable": "x",
    "pass": "p",
    "fail": "f",
    "warn": "w",
    "not-evaluated": "n",
    "waived": "v",
    "error": "e",
}
_RANK = {outcome: index for index, outcome in enumerate((*OUTCOMES, NOT_APPLICABLE))}
_MAX_COLUMNS = 200
_ROOMY = 16
"""Up to so many columns there is room for each rule's sentence."""


@dataclass(frozen=True)
class Matrix:
    """The table's markup, and what the page needs to describe it."""

    table: Markup
    areas: list[str]
    columns: list[str]
    rows: int
    left_out: int


def _cells(verdicts: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The worst verdict of each rule and service; several subjects may share a cell."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for verdict in verdicts:
        key = verdict["rule"], verdict["service"] or SHARED
        known = found.get(key)
        if known is None or _RANK[state_of(verdict)] < _RANK[state_of(known)]:
            found[key] = verdict
    return found


def _cell(verdict: Mapping[str, Any] | None, links: Mapping[int, str]) -> str:
    if verdict is None:
        return "<td>"
    outcome = state_of(verdict)
    simulated = " s" if verdict["evidence"] == "simulated" else ""
    kind = f'"{LETTERS[outcome]}{simulated}"' if simulated else LETTERS[outcome]
    link = links.get(id(verdict))
    return f'<td class={kind}><a href="#{link}">{outcome}</a>' if link else f"<td class={kind}>{outcome}"


def _head(columns: Sequence[str], anchors: Mapping[str, str]) -> str:
    names = "".join(f'<th scope=col><a href="#{anchors[name]}"><span>{escape(name)}</span></a>' for name in columns)
    return f"<thead><tr><th scope=col>Rule{names}"


def build_matrix(
    report: Mapping[str, Any], columns: Sequence[str], anchors: Mapping[str, str], links: Mapping[int, str]
) -> Matrix:
    """Lay out the matrix.

    `columns` are service names in order, `anchors` their page's ids, `links` the ids of verdicts (by `id()`)
    that have an entry to jump to.
    """
    visible = list(columns[:_MAX_COLUMNS])
    cells = _cells(report["verdicts"])
    rules = {verdict["rule"]: verdict for verdict in report["verdicts"]}
    ordered = sorted(rules.values(), key=lambda verdict: (verdict["area"], verdict["rule"]))
    parts = [_head(visible, anchors)]
    for area, members in groupby(ordered, key=lambda verdict: verdict["area"]):
        rows = []
        for rule in members:
            title = escape(rule["title"].replace("`", ""))
            row = "".join(_cell(cells.get((rule["rule"], name)), links) for name in visible)
            sentence = f" <i>{title}</i>" if len(visible) <= _ROOMY else ""
            rows.append(
                f'<tr><th scope=row title="{title}">'
                f"<b>{escape(rule['rule'])}</b> <small>{rule['level']}</small>{sentence}{row}"
            )
        parts.append(f'<tbody data-area="{escape(area)}">{"".join(rows)}')
    areas = sorted({verdict["area"] for verdict in ordered})
    table = Markup("".join(parts))  # noqa: S704  # every untrusted part is escaped above
    return Matrix(table, areas, visible, len(ordered), len(columns) - len(visible))
