"""One service's page, prepared for the template: what it must fix, what is waived, not evaluated or passed."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from reports.verdicts import NOT_APPLICABLE, OUTCOMES, state_of
from reports.views import SHARED, Gap, gaps

Verdict = Mapping[str, Any]
_BROKEN = ("fail", "error", "warn")
_DENSE = 2500
"""From so many broken verdicts on, each is shortened: a page must stay readable and below 5 MB."""


@dataclass(frozen=True)
class Entry:
    """One broken or waived verdict with its anchor; `findings` may be fewer than it has."""

    anchor: str
    verdict: Verdict
    findings: tuple[Mapping[str, Any], ...]
    more: int
    dense: bool


@dataclass(frozen=True)
class Page:
    """What the template needs of one service, or of the stack itself."""

    name: str
    anchor: str
    service: Mapping[str, Any]
    entries: tuple[Entry, ...]
    waived: tuple[Entry, ...]
    gaps: tuple[Gap, ...]
    passed: tuple[tuple[str, tuple[str, ...]], ...]
    inapplicable: tuple[tuple[str, tuple[str, ...]], ...]
    live: Mapping[str, int]

    @property
    def anchored(self) -> Iterator[tuple[Verdict, str]]:
        """Verdicts that can be jumped to, and where."""
        return ((entry.verdict, entry.anchor) for entry in (*self.entries, *self.waived))

    @property
    def measures(self) -> Mapping[str, Any]:
        """What was measured, empty if nothing."""
        return self.service.get("measures") or {}

    @property
    def chain(self) -> list[tuple[str, list[tuple[Mapping[str, Any], str]]]]:
        """What becomes of its metrics and logs: each stage with its state, `whole`, `broken`, `after` or `unknown`."""
        return [(name, list(stages_of(stages))) for name, stages in (self.measures.get("chain") or {}).items()]

    @property
    def series(self) -> int | None:
        """Series in one scrape."""
        value = self.measures.get("series")
        return None if value is None else int(value)

    @property
    def scrapes(self) -> Sequence[float]:
        """Seconds of each scrape."""
        return self.measures.get("scrape_seconds") or ()

    @property
    def levels(self) -> Mapping[str, int]:
        """Log lines by level."""
        return self.measures.get("log_lines") or {}

    @property
    def lines(self) -> int:
        """Log lines in all."""
        return sum(self.levels.values())

    @property
    def delivery(self) -> Sequence[float]:
        """Seconds from emission to the log store, one per line."""
        return self.measures.get("delivery_seconds") or ()

    @property
    def types(self) -> Mapping[str, int]:
        """Metric families by type."""
        return self.measures.get("families_by_type") or {}

    @property
    def measured(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self.series is not None or self.scrapes or self.lines or self.delivery)


def stages_of(stages: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Each stage with its state: the first that is empty breaks the chain, what comes after it is not reached."""
    broken = False
    for stage in stages:
        state = "unknown" if stage["count"] is None else "after" if broken else "whole" if stage["count"] else "broken"
        broken = broken or state == "broken"
        yield stage, state


def _entry(number: int, verdict: Verdict, *, dense: bool) -> Entry:
    kept = tuple(verdict["findings"][: 1 if dense else 5])
    return Entry(f"v{number}", verdict, kept, verdict["findings_total"] - len(kept), dense)


def _names(verdicts: Sequence[Verdict], state: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Names of the rules with verdicts in this state, by area."""
    chosen = [verdict for verdict in verdicts if state_of(verdict) == state]
    for area, members in groupby(chosen, key=lambda verdict: verdict["area"]):
        yield area, tuple(dict.fromkeys(verdict["rule"].removeprefix(f"{area}/") for verdict in members))


def _page(name: str, anchor: str, service: Mapping[str, Any], entries: Sequence[Entry]) -> Page:
    verdicts = [entry.verdict for entry in entries]
    order = {outcome: index for index, outcome in enumerate(OUTCOMES)}
    broken = [entry for entry in entries if entry.verdict["outcome"] in _BROKEN]
    broken.sort(key=lambda entry: (order[entry.verdict["outcome"]], entry.verdict["level"], entry.verdict["rule"]))
    return Page(
        name,
        anchor,
        service,
        tuple(broken),
        tuple(entry for entry in entries if entry.verdict["outcome"] == "waived"),
        tuple(gaps(verdicts)),
        tuple(_names(verdicts, "pass")),
        tuple(_names(verdicts, NOT_APPLICABLE)),
        Counter(verdict["evidence"] for verdict in verdicts if verdict["outcome"] != "not-evaluated"),
    )


def _anchors(names: Sequence[str]) -> dict[str, str]:
    """A unique id for each name that an address may contain."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "service"
        number, anchor = 2, f"s-{slug}"
        while anchor in taken:
            anchor, number = f"s-{slug}-{number}", number + 1
        taken.add(anchor)
        found[name] = anchor
    return found


def pages(report: Mapping[str, Any], services: Sequence[Mapping[str, Any]]) -> list[Page]:
    """One page per service in the given order, then the stack's own if it was judged."""
    members: dict[str, list[tuple[int, Verdict]]] = {service["name"]: [] for service in services}
    for number, verdict in enumerate(report["verdicts"]):
        members.setdefault(verdict["service"] or SHARED, []).append((number, verdict))
    dense = sum(verdict["outcome"] in (*_BROKEN, "waived") for verdict in report["verdicts"]) > _DENSE
    known = {service["name"]: service for service in services}
    shared = {"name": SHARED, "system": None, "owner": None, "description": None, **report["stack"]}
    anchors = _anchors(list(members))
    return [
        _page(name, anchors[name], known.get(name, shared), [_entry(n, v, dense=dense) for n, v in own])
        for name, own in members.items()
    ]
