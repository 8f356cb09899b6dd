"""What the queries of a dashboard's panels and variables found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class Curve:
    """One time series: its labels, and its values as pairs of Unix seconds and number, the oldest first."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What there is to draw: `series` counts time series or streams, `values` numbers that are not NaN, or log lines.

    `error` is the server's message where it rejected the query. `curves` and `lines` are some of what was found, for a
    small drawing; none where Grafana draws. `seconds` is how long the answer took.
    """

    series: int = 0
    values: int = 0
    error: str | None = None
    curves: tuple[Curve, ...] = field(default=(), compare=False, repr=False)
    lines: tuple[str, ...] = field(default=(), compare=False, repr=False)
    seconds: float = field(default=0.0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PanelData(FromYaml):
    """The answer to one query of one panel, sent as Grafana sends it when the dashboard is opened.

    `of` is `annotation` for a query of annotations, which `panel` names then. `unqueried` is why it was not sent,
    or why its empty answer proves nothing. `expr` is the query as it was sent. `via` is where it was sent:
    `grafana`, or the `prometheus` or `loki` behind it. `error` is the server's message where it rejected the query.
    `series` counts time series or streams; `values` what can be drawn: numbers that are not NaN, or log lines.
    `no_value` is the text that the panel has for no data. `given` is for what it was sent where not for the
    dashboard as it opens: `over 6h`. `seconds` is how long the answer took, on a machine with a free core.
    `unknown` has, for an empty answer, the names in the query that do not exist on the server, by their kind:
    `{metric: [http_requests]}`. `of_grafana`: it was not sent since its datasource is part of Grafana.
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
    of: str = "panel"
    unqueried: str = ""
    given: str = ""
    seconds: float = 0.0
    drawn_after_s: float = 0.0
    """Seconds until Grafana draws it: it draws whole steps, and the store is younger than one step of the panel."""
    of_grafana: bool = False

    @property
    def nothing_to_judge(self) -> str:
        """Why no rule passes on it."""
        return "the query is for Grafana itself, and was not sent" if self.of_grafana else ""

    @property
    def name(self) -> str:
        """How findings name the query."""
        name = f"query {self.ref_id} of panel `{self.panel}`" if self.of == "panel" else f"{self.of} `{self.panel}`"
        return f"{name} {self.given}" if self.given else name

    @property
    def empty(self) -> bool:
        """Whether it was answered and there is nothing to draw."""
        return self.error is None and not self.values


@dataclass(frozen=True, slots=True)
class VariableData(FromYaml):
    """The answer to the query of one variable.

    `unqueried` is why it was not sent. `query` is the query as it was sent; `found` counts its answers, `values` are
    those that the variable's `regex` keeps. `tried` are single values for which the panels that use the variable were
    queried, `without_data` those for which none of them shows anything. `error` is why there is no answer; `via` is as
    in `PanelData`.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("dashboard",)

    variable: str
    query: str = ""
    via: str = "grafana"
    error: str | None = None
    found: int = 0
    values: tuple[str, ...] = ()
    regex: str = ""
    unqueried: str = ""
    tried: tuple[str, ...] = ()
    without_data: tuple[str, ...] = ()
