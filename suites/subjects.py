"""What the rules of an area are applied to: services of the catalog, components of the stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fixtures.catalog import Catalog, Waiver
from stack.components import COMPONENTS

SubjectKind = Literal["service", "component", "dashboard", "stack"]


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that is judged; `service` names the report page it belongs to."""

    name: str
    kind: SubjectKind
    service: str | None = None
    waivers: tuple[Waiver, ...] = ()


def subjects(area: str, catalog: Catalog) -> list[Subject]:
    """The subjects of one area, in the order they are shown."""
    if area in ("stack", "retention"):
        return [Subject(name, "component") for name in COMPONENTS]
    return [Subject(service.name, "service", service.name, service.waivers) for service in catalog.services]
