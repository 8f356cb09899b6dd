"""The metrics that a service must expose, beside the queries of all dashboards."""

from dataclasses import dataclass
from typing import ClassVar

from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class ShownMetrics(FromYaml):
    """The metrics that `service` must expose (`required`), and the text of every query of every dashboard."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("grafana",)

    service: str
    required: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
