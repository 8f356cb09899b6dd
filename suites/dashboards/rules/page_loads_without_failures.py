"""Every request of the page succeeds, and its scripts report no error.

A picture, plugin or query that cannot be loaded leaves a gap that is easily overlooked; an error in the console is
often a panel that stopped halfway.
"""

from collections.abc import Iterator

from stack.records.dashboards.rendering import RenderedDashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{width: 1440, panels: [{panel: Requests}]}"),
    Bad(
        "{width: 1440, panels: [{panel: Requests}], failed_requests: [[http://g/logo.png, status 404]]}",
        "a request of the page fails: http://g/logo.png (status 404)",
    ),
    Bad(
        "{width: 1440, panels: [{panel: Requests}], console_errors: ['TypeError: e is null']}",
        "the page reports an error in the browser's console: TypeError: e is null",
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/troubleshooting/",
)
def check(page: RenderedDashboard) -> Iterator[Finding]:
    for address, why in page.failed_requests:
        hint = "open the address; a plugin or picture that is gone has to be installed or taken off the dashboard"
        yield Finding(f"a request of the page fails: {address} ({why})", Where(url=page.url or None), hint)
    for text in page.console_errors:
        hint = "open the dashboard with the browser's developer tools: they name the script and the panel"
        yield Finding(
            f"the page reports an error in the browser's console: {text}",
            Where(url=page.url or None, excerpt=text),
            hint,
        )
