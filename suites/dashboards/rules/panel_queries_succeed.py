"""Every query of every panel and annotation succeeds.

A panel with a query that the datasource rejects shows an error, or nothing, on the day it is needed.
"""

from collections.abc import Iterator

from stack.records.dashboards.answers import PanelData
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule


@rule(
    Good("{panel: Requests, expr: 'sum(rate(http_requests_total[60s]))', series: 1, values: 2}"),
    Good("{panel: Errors, expr: 'sum(errors_total)'}"),
    Bad(
        "{panel: Requests, ref_id: B, expr: 'sum(rate(x[60s])', error: 'parse error: unclosed left parenthesis'}",
        "query B of panel `Requests` fails: parse error: unclosed left parenthesis",
    ),
    Bad(
        "{panel: Deploys, of: annotation, expr: 'changes(x', error: 'parse error'}",
        "annotation `Deploys` fails: parse error",
    ),
    Unjudged(
        "{panel: Requests, values: 1, unqueried: 'the datasource `x` is in no provisioning file'}",
        NotCollected("the datasource `x` is in no provisioning file"),
    ),
    Unjudged(
        "{panel: Notes, of_grafana: true, values: 1}",
        NotApplicable("the query is for Grafana itself, and was not sent"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/developers/http_api/data_source/#query-a-data-source",
)
def check(data: PanelData) -> Iterator[Finding]:
    if data.unqueried:
        raise NotCollected(data.unqueried)
    if data.error:
        yield Finding(
            f"{data.name} fails: {data.error}",
            Where(panel=data.panel, url=data.url, excerpt=data.expr),
            f"sent to {data.via} with the dashboard's variables filled in; try it in Grafana's Explore",
        )
