"""What the rules of an area are applied to: services of the catalog, components of the stack, dashboards."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fixtures.service import Service
from suites.core.area import StaticRecords
from suites.core.evidence import NotEvaluated
from suites.core.rule import Rule
from suites.core.stack_files import NO_FILES

SubjectKind = Literal["service", "component", "dashboard", "stack"]


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that is judged; `service` names the report page it belongs to.

    `configuration` is the file that configures it, with the key behind `#`: `stack/docker-compose.yml#services.loki`.
    """

    name: str
    kind: SubjectKind
    service: str | None = None
    configuration: str = ""


def subjects(
    services: Sequence[Service], static: StaticRecords | None, configuration: Callable[[str], str]
) -> list[Subject]:
    """The subjects of one area, in the order they are shown; `static` are the area's files, None if it has none.

    `configuration` says where a component is configured.
    """
    if static is None:
        return [
            Subject(service.name, "service", service.name, service.where.partition("--")[0]) for service in services
        ]
    return [
        Subject(name, kind, configuration=_file(records) if kind == "dashboard" else configuration(name))
        for name, records in static.items()
        for kind in (_kind(records),)
    ]


def _file(records: Mapping[type, Sequence[Any] | NotEvaluated]) -> str:
    """The file that the records of one subject were read from."""
    found = (record for each in records.values() if not isinstance(each, NotEvaluated) for record in each)
    return next((str(record.file) for record in found if getattr(record, "file", "")), "")


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
        # Without any files the reason is shown; what a component has no such file for is not its subject.
        return found is NO_FILES or (found is not None and not (isinstance(found, NotEvaluated) and not found.applies))
    named: tuple[str, ...] | None = getattr(rule.record, "judged_components", None)
    return named is None or subject.name in named
