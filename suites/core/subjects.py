"""What the rules of an area are applied to: services of the catalog, components of the stack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from fixtures.catalog import Catalog, Waiver
from suites.collect.static_files import has_something
from suites.components.collect.files import Static
from suites.core.rule import Rule

SubjectKind = Literal["service", "component", "dashboard", "stack"]


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that is judged; `service` names the report page it belongs to."""

    name: str
    kind: SubjectKind
    service: str | None = None
    waivers: tuple[Waiver, ...] = ()


def subjects(catalog: Catalog, static: Static | None) -> list[Subject]:
    """The subjects of one area, in the order they are shown; `static` are the area's files, None if it has none."""
    if static is not None:
        return [Subject(name, _kind(records)) for name, records in static.items()]
    return [Subject(service.name, "service", service.name, service.waivers) for service in catalog.services]


def _kind(records: Iterable[type]) -> SubjectKind:
    """What a subject of files is: its records say what they are judged per."""
    return "dashboard" if any("dashboard" in getattr(record, "judged_per", ()) for record in records) else "component"


def is_about(rule: Rule, subject: Subject, static: Static | None) -> bool:
    """Whether `rule` can say anything about `subject`: its record knows the kinds, and may name the components."""
    if subject.kind not in getattr(rule.record, "judged_per", ("service",)):
        return False
    told = None if static is None else has_something(static, rule.record, subject.name)
    if told is not None:
        return told
    named: tuple[str, ...] | None = getattr(rule.record, "judged_components", None)
    return named is None or subject.name in named
