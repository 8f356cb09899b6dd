"""A panel whose queries find data shows it in the browser.

Data that arrives can still end as `No data` on the screen: a transformation that drops every field, a field that the
visualisation cannot draw, a variable that the browser fills otherwise. A panel whose query finds nothing is reported
by the rule on data. Grafana draws whole steps: in a stack that is younger than a step of the panel, no verdict is given
on that panel, and none on a dashboard that has no other panel with data.
"""

from collections.abc import Iterator

from stack.records.dashboards.rendering import RenderedDashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule


@rule(
    Good("{width: 1440, panels: [{panel: Requests}]}"),
    Good("{width: 1440, panels: [{panel: Now}, {panel: Errors, state: no-data, text: No errors, answer: empty}]}"),
    Good("{width: 1440, panels: [{panel: Now}, {panel: Per hour, state: no-data, text: No data, answer: later}]}"),
    Bad(
        "{width: 1440, panels: [{panel: Requests, state: no-data, text: 'Data is missing a number field'}]}",
        "panel `Requests` shows `Data is missing a number field`, though its queries find data",
    ),
    Bad(
        "{width: 1440, panels: [{panel: Requests, state: no-data, text: No data, answer: unknown}]}",
        "panel `Requests` shows `No data`",
    ),
    Unjudged(
        "{width: 1440, panels: [{panel: Per hour, state: no-data, text: No data, answer: later}]}",
        NotCollected("no panel has data yet: the stack is younger than one step of `Per hour`"),
    ),
    Unjudged(
        "{width: 1440, panels: [{panel: Per hour, state: no-data, answer: later}, {panel: Text, answer: unknown}]}",
        NotCollected("no panel has data yet: the stack is younger than one step of `Per hour`"),
    ),
    Unjudged(
        "{width: 1440, panels: [{panel: A, state: loading}, {panel: B, state: error}, {panel: C, state: missing}]}",
        NotCollected("no panel with data came to an end"),
    ),
    Unjudged(
        "{width: 1440, panels: [{panel: Errors, state: no-data, text: No data, answer: empty}, "
        "{panel: Requests, state: error, answer: error}]}",
        NotApplicable("no panel's queries find data, see `dashboards/panels-have-data`"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/panels-visualizations/query-transform-data/transform-data/",
)
def check(page: RenderedDashboard) -> Iterator[Finding]:
    unanswered = [
        view for view in page.panels if view.state == "no-data" and view.answer in ("empty", "later", "error")
    ]
    judged = any(view.state == "drawn" and view.answer in ("data", "later") for view in page.panels)
    for view in page.panels:
        declared = view.no_value is not None and view.text == view.no_value and view.answer != "data"
        if view.state != "no-data" or view in unanswered or declared:
            continue
        judged = True
        hint = "compare the panel's transformations, field options and visualisation with the fields of the answer"
        message = f"panel `{view.panel}` shows `{view.text}`"
        if view.answer == "data":
            message += ", though its queries find data"
        yield Finding(message, Where(panel=view.panel, url=page.url or None), hint)
    if judged or not page.panels:
        return
    if young := [f"`{view.panel}`" for view in unanswered if view.answer == "later"]:
        raise NotCollected(f"no panel has data yet: the stack is younger than one step of {', '.join(young)}")
    if any(view.state not in ("drawn", "no-data") and view.answer not in ("empty", "error") for view in page.panels):
        raise NotCollected("no panel with data came to an end")
    raise NotApplicable("no panel's queries find data, see `dashboards/panels-have-data`")
