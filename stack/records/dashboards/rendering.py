"""What a browser showed of a dashboard: the state of each panel, what failed to load, and a picture."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from stack.text.typed import FromYaml

State = Literal["drawn", "no-data", "error", "loading", "blank", "missing"]
"""`no-data` is Grafana's own text for an empty panel; `blank` a panel without any content; `missing` is not there."""

Answer = Literal["data", "later", "empty", "error", "unknown"]
"""What a panel's queries found when they were sent without a browser; `unknown` where they were not sent.

`later` is data that Grafana draws only once the store is as old as one step of the panel.
"""


@dataclass(frozen=True, slots=True)
class PanelView(FromYaml):
    """One panel in the browser; `text` is the message that it shows instead of data, `answer` what its queries found.

    `no_value` is the text that the panel has for no data, None where it has none.
    """

    panel: str
    state: State = "drawn"
    text: str = ""
    answer: Answer = "data"
    no_value: str | None = None


@dataclass(frozen=True, slots=True)
class RenderedDashboard(FromYaml):
    """A dashboard as a viewer's browser drew it in a window of `width` pixels, scrolled to its end.

    `failed_requests` are addresses with why each failed, `console_errors` what the page's scripts reported. `problem`
    is why the page could not be opened at all. `seconds` is how long it took until nothing changed any more.
    `browser` and `grafana` are the versions that this was seen with.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("dashboard",)

    width: int
    panels: tuple[PanelView, ...] = ()
    failed_requests: tuple[tuple[str, str], ...] = ()
    console_errors: tuple[str, ...] = ()
    problem: str | None = None
    url: str = ""
    seconds: float = 0.0
    browser: str = ""
    grafana: str = ""

    @property
    def nothing_to_judge(self) -> str:
        """Why no rule but that on rendering judges it: the page did not open, or has no panel."""
        if self.problem:
            return "the dashboard could not be opened in a browser"
        return "" if self.panels else "the dashboard has no panel"

    @property
    def at(self) -> str:
        """How findings name the window."""
        return f"in a window of {self.width} pixels"
