"""Every query of every panel finds data, or the panel says what it means that there is none.

An empty panel looks the same when all is well, when nothing is scraped, and when a metric was renamed last year. A
panel that may be empty says so by the text it then shows (`fieldConfig.defaults.noValue`), and even then every metric
and label that its query names has to exist. A query that counts can end in `or vector(0)` instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.dashboards.answers import PanelData
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{panel: Requests, series: 1, values: 1}"),
    Good("{panel: Error lines, no_value: No errors}"),
    Good("{panel: Requests, error: 'that is for another rule'}"),
    Bad("{panel: Requests}", "query A of panel `Requests` finds no data"),
    Bad("{panel: p95, series: 2}", "query A of panel `p95` finds 2 series, but no number in them"),
    Bad(
        "{panel: Requests, via: prometheus, unknown: {metric: [http_request_total]}}",
        "query A of panel `Requests` finds no data: there is no metric `http_request_total`",
    ),
    Bad(
        "{panel: Error lines, via: loki, no_value: No errors, unknown: {label: [levle]}}",
        "query A of panel `Error lines` finds no data: there is no label `levle`",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#no-value",
)
def check(data: PanelData) -> Iterator[Finding]:
    if not data.empty or (data.no_value and not data.unknown):
        return
    message = f"query {data.ref_id} of panel `{data.panel}` finds no data"
    hint = (
        "if that is how it looks when all is well, let the panel say so: `fieldConfig.defaults.noValue`, or end the "
        "query in `or vector(0)`; else compare its labels with what is stored"
    )
    if data.unknown:
        names = (f"{kind} `{name}`" for kind, found in data.unknown.items() for name in found)
        message += f": there is no {', no '.join(names)}"
        hint = "mend the name in the query, or find out why nothing exposes it any more"
    elif data.series:
        message = message.removesuffix("no data") + f"{data.series} series, but no number in them"
        hint = "NaN comes of dividing zero by zero, or of a quantile of nothing: guard the query, or set `noValue`"
    yield Finding(message, Where(panel=data.panel, url=data.url, excerpt=data.expr), hint)
