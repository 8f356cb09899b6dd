"""What the rules of an area are applied to: services of the catalog, components of the stack, dashboards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from fixtures.service import Service, Waiver
from suites.core.area import StaticRecords
from suites.core.evidence import NotEvaluated
from suites.core.rule import Rule

SubjectKind = Literal["service", "component", "dashboard", "stack"]


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that is judged; `service` names the report page it belongs to."""

    name: str
    kind: SubjectKind
    service: str | None = None
    waivers: tuple[Waiver, ...] = ()


def subjects(services: Sequence[Service], static: StaticRecords | None) -> list[Subject]:
    """The subjects of one area, in the order they are shown; `static` are the area's files, None if it has none."""
    if static is not None:
        return [Subject(name, _kind(records)) for name, records in static.items()]
    return [Subject(service.name, "service", service.name, service.waivers) for service in services]


def _kind(records: Iterable[type]) -> SubjectKind:
    """What a subject of files is: its records say what they are judged per."""
    return "dashboard" if any("dashboard" in judged_per(record) for record in records) else "component"


def judged_per(record: type) -> tuple[str, ...]:
    """The kinds of subject that a record type is judged for: services, unless it says otherwise."""
    return getattr(record, "judged_per", ("service",))


def is_about(rule: Rule, subject: Subject, static: StaticRecords | None) -> bool:
    """Whether `rule` applies to `subject`: its record knows the kinds, and may name the components."""
    if subject.kind not in judged_per(rule.record):
        return False
    if static is not None and any(rule.record in records for records in static.values()):
        found = static[subject.name].get(rule.record)
        return found is not None and not (isinstance(found, NotEvaluated) and not found.applies)
    named: tuple[str, ...] | None = getattr(rule.record, "judged_components", None)
    return named is None or subject.name in named
