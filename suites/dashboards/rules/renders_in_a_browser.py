"""The dashboard opens in a browser, and each of its panels is drawn.

A dashboard is seen in a browser, where more can break than its queries: a plugin that is not installed, a panel whose
options no longer fit it, a repeated panel that draws nothing. The page is opened as a viewer sees it, scrolled to its
end, since panels load when they come into view, and judged at two widths.
"""

from collections.abc import Iterator

from stack.records.dashboards.rendering import RenderedDashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

HINTS = {
    "missing": "open the dashboard and look for the panel: its type may not be installed, or it repeats over nothing",
    "blank": "open the dashboard: the panel's options may leave nothing to draw; the browser's console says more",
    "loading": "its query or its plugin does not come to an end: see the requests of the page and Grafana's log",
}
SEEN = {"missing": "is not on the page", "blank": "stays empty", "loading": "is still loading"}


@rule(
    Good("{width: 1440, panels: [{panel: Requests}]}"),
    Good("{width: 1440, panels: [{panel: Requests, state: error, text: 'that is for another rule'}]}"),
    Bad(
        "{width: 1440, problem: 'net::ERR_CONNECTION_REFUSED'}",
        "the dashboard does not open in a browser: net::ERR_CONNECTION_REFUSED",
    ),
    Bad(
        "{width: 600, seconds: 20.4, panels: [{panel: Requests}, {panel: Old, state: missing}, "
        "{panel: Slow, state: loading}, {panel: Text, state: blank}]}",
        "panel `Old` is not on the page in a window of 600 pixels",
        "panel `Slow` is still loading after 20 s in a window of 600 pixels",
        "panel `Text` stays empty in a window of 600 pixels",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/dashboards/",
)
def check(page: RenderedDashboard) -> Iterator[Finding]:
    if page.problem:
        hint = "open the address yourself, signed in as a viewer, and check Grafana's log"
        yield Finding(f"the dashboard does not open in a browser: {page.problem}", Where(url=page.url or None), hint)
    for view in page.panels:
        if view.state in SEEN:
            after = f" after {page.seconds:.0f} s" if view.state == "loading" else ""
            message = f"panel `{view.panel}` {SEEN[view.state]}{after} {page.at}"
            yield Finding(message, Where(panel=view.panel, url=page.url or None), HINTS[view.state])
