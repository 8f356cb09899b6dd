"""What the queries of a dashboard's panels and variables found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What there is to draw: `series` counts time series or streams, `values` numbers that are not NaN, or log lines.

    `error` is the server's message where it rejected the query.
    """

    series: int = 0
    values: int = 0
    error: str | None = None


@dataclass(frozen=True, slots=True)
class PanelData(FromYaml):
    """The answer to one query of one panel, sent as Grafana sends it when the dashboard is opened.

    `expr` is the query as it was sent. `via` is where it was sent: `grafana`, or the `prometheus` or `loki` behind it.
    `error` is the server's message where it rejected the query. `series` counts time series or streams; `values` what
    can be drawn: numbers that are not NaN, or log lines. `no_value` is the text that the panel has for no data.
    `unknown` has, for an empty answer, the names in the query that do not exist on the server, by their kind:
    `{metric: [http_requests]}`.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("dashboard",)

    panel: str
    ref_id: str = "A"
    expr: str = ""
    via: str = "grafana"
    url: str | None = None
    error: str | None = None
    series: int = 0
    values: int = 0
    no_value: str | None = None
    unknown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether it was answered and there is nothing to draw."""
        return self.error is None and not self.values


@dataclass(frozen=True, slots=True)
class VariableData(FromYaml):
    """The answer to the query of one variable.

    `query` is the query as it was sent; `found` counts its answers, `values` are those that the variable's `regex`
    keeps. `error` is why there is no answer; `via` is as in `PanelData`.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("dashboard",)

    variable: str
    query: str = ""
    via: str = "grafana"
    error: str | None = None
    found: int = 0
    values: tuple[str, ...] = ()
    regex: str = ""
