"""No panel shows an error in the browser.

Grafana marks a panel whose query was refused or whose plugin failed with a red corner, and everyone learns to look past
it. Where the query itself is refused the rule on queries reports it, with the server's words.
"""

from collections.abc import Iterator

from stack.records.dashboards.rendering import RenderedDashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule


@rule(
    Good("{width: 1440, panels: [{panel: Requests}]}"),
    Good("{width: 1440, panels: [{panel: Requests, state: error, answer: error}, {panel: Errors}]}"),
    Bad(
        "{width: 1440, panels: [{panel: Lines, state: error, text: 'Datasource loki was not found'}, "
        "{panel: Map, state: error}]}",
        "panel `Lines` shows an error: Datasource loki was not found",
        "panel `Map` shows an error",
    ),
    Unjudged(
        "{width: 1440, panels: [{panel: Requests, state: loading}, {panel: Errors, state: missing}]}",
        NotCollected("no panel came to an end"),
    ),
    Unjudged(
        "{width: 1440, panels: [{panel: Requests, state: error, answer: error}]}",
        NotApplicable("their queries are refused, see `dashboards/panel-queries-succeed`"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/panels-visualizations/panel-inspector/",
)
def check(page: RenderedDashboard) -> Iterator[Finding]:
    ended = [view for view in page.panels if view.state not in ("loading", "missing")]
    shown = [view for view in ended if view.state != "error" or view.answer != "error"]
    for view in shown:
        if view.state == "error":
            message = f"panel `{view.panel}` shows an error" + (f": {view.text}" if view.text else "")
            hint = "its query is answered without a browser, so look at the datasource's plugin and the panel's options"
            if view.answer == "unknown":
                hint = "open the panel's inspector in Grafana: it has the query and the answer"
            yield Finding(message, Where(panel=view.panel, url=page.url or None, excerpt=view.text or None), hint)
    if page.panels and not shown:
        if len(ended) < len(page.panels):
            raise NotCollected("no panel came to an end")
        raise NotApplicable("their queries are refused, see `dashboards/panel-queries-succeed`")
