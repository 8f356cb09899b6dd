"""Every query of every panel returns data, or the panel explains what no data means.

An empty panel looks the same when all is well, when nothing is scraped, and when a metric was renamed last year. A
panel that may be empty sets the text to show then (`fieldConfig.defaults.noValue`), and even so every metric and label
in its query has to exist. A query that counts can end in `or vector(0)` instead. Annotations mark events, which may
not have happened.
"""

from collections.abc import Iterator

from stack.records.dashboards.answers import PanelData
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule


@rule(
    Good("{panel: Requests, series: 1, values: 1}"),
    Good("{panel: Error lines, no_value: No errors}"),
    Good("{panel: Deployments, of: annotation}"),
    Bad(
        "{panel: Deployments, of: annotation, unknown: {metric: [deployed_total]}}",
        "annotation `Deployments` returns no data: there is no metric `deployed_total`",
    ),
    Bad("{panel: Requests}", "query A of panel `Requests` returns no data"),
    Bad("{panel: p95, series: 2}", "query A of panel `p95` returns 2 series without a number"),
    Bad(
        "{panel: Requests, via: prometheus, unknown: {metric: [http_request_total]}}",
        "query A of panel `Requests` returns no data: there is no metric `http_request_total`",
    ),
    Bad(
        "{panel: Error lines, via: loki, no_value: No errors, unknown: {label: [levle]}}",
        "query A of panel `Error lines` returns no data: there is no label `levle`",
    ),
    Unjudged(
        "{panel: Requests, error: parse error}",
        NotApplicable("the query failed, see `dashboards/panel-queries-succeed`"),
    ),
    Unjudged(
        "{panel: Notes, of_grafana: true, values: 1}",
        NotApplicable("the query is for Grafana itself, and was not sent"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#no-value",
)
def check(data: PanelData) -> Iterator[Finding]:
    if data.unqueried:
        raise NotCollected(data.unqueried)
    if data.error:
        raise NotApplicable("the query failed, see `dashboards/panel-queries-succeed`")
    if not data.empty or ((data.no_value or data.of == "annotation") and not data.unknown):
        return
    message = f"{data.name} returns no data"
    hint = (
        "if that is normal, set the panel's `fieldConfig.defaults.noValue` or end the query in `or vector(0)`; "
        "otherwise compare its labels with what is stored"
    )
    if data.unknown:
        names = (f"{kind} `{name}`" for kind, found in data.unknown.items() for name in found)
        message += f": there is no {', no '.join(names)}"
        hint = "fix the name in the query, or find out why it is no longer exposed"
    elif data.series:
        message = message.removesuffix("no data") + f"{data.series} series without a number"
        hint = "dividing zero by zero and a quantile of no data give NaN: guard the query, or set `noValue`"
    yield Finding(message, Where(panel=data.panel, url=data.url, excerpt=data.expr), hint)
