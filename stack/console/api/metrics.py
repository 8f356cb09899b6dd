"""Metrics and dashboards: PromQL with bounds, exports, and which dashboards there are."""

import csv
import io
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response, WebSocket
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from stack.console.access.guard import Viewer, guard_of
from stack.console.api.live import CHECK_S, Message, events, send_all
from stack.console.api.logs import FORMULA
from stack.console.api.models import Limit
from stack.console.api.paging import USUAL, After, page_of
from stack.console.api.ranges import InRange, duration_ns
from stack.console.problems import Problem
from stack.console.upstream.prometheus import MOST_SERIES, Prometheus, check_scope

router = APIRouter(prefix="/api/v1", tags=["metrics"])
Expression = Annotated[str, Query(min_length=1, max_length=4000, description="PromQL")]
Expressions = Annotated[list[Annotated[str, Field(min_length=1, max_length=4000)]], Query(min_length=1, max_length=20)]
Step = Annotated[str, Query(max_length=20, description="a duration; chosen for about 300 points where left out")]
POINTS = 300


class Panel(BaseModel):
    """One panel: what it shows and the queries behind it, with Grafana's variables in them."""

    title: str
    description: str
    section: str
    """The title of the row that it stands in."""
    type: str
    source: str
    """`prometheus` or `loki`: whose language the queries are in."""
    unit: str
    no_value: str
    """What to say where there is no value."""
    queries: list[str]
    legends: list[str]
    """For each query how a series is called, with `{{label}}`; empty for all labels."""
    instant: bool
    thresholds: list[tuple[float, str]]
    """Values from which on a colour holds."""


class Variable(BaseModel):
    """What a user chooses for the queries of a dashboard; `query` is Grafana's, such as `label_values(up, system)`."""

    name: str
    label: str
    kind: str
    source: str
    query: str
    every: str
    """The regular expression that stands for all values; empty where all cannot be chosen."""
    value: str
    """What is set at first, for a variable of free text."""


class Dashboard(BaseModel):
    """A provisioned dashboard; `path` is where Grafana shows it on this address, empty where there is no Grafana."""

    uid: str
    title: str
    folder: str
    description: str
    path: str
    since: str
    """The range that it is shown for at first, such as `1h`."""
    variables: list[Variable]
    panels: list[Panel]


class DashboardsPage(BaseModel):
    """Dashboards, by folder and title; `next` is what to go on behind, None where there are no more."""

    dashboards: list[Dashboard]
    next: str | None


def prometheus_of(request: Request | WebSocket) -> Prometheus:
    """Return the application's client of Prometheus."""
    prometheus: Prometheus = request.app.state.prometheus
    return prometheus


@router.get("/metrics/dashboards", summary="Dashboards")
async def dashboards(request: Request, _: Viewer, after: After = "", limit: Limit = USUAL) -> DashboardsPage:
    """Return the provisioned dashboards."""
    settings = guard_of(request).settings
    found = read_dashboards(settings.dashboards, bool(settings.grafana))
    shown, following = page_of(found, lambda each: f"{each.folder}/{each.title}/{each.uid}", after, limit)
    return DashboardsPage(dashboards=shown, next=following)


@router.get("/metrics/query", summary="Query now")
async def query(request: Request, identity: Viewer, query: Expression, at: float | None = None) -> dict[str, Any]:
    """Return the result of an instant query."""
    check_scope(query, identity.permission)
    return await prometheus_of(request).query(query, time.time() if at is None else at)


@router.get("/metrics/query_range", summary="Query a range")
async def query_range(
    request: Request, identity: Viewer, query: Expression, within: InRange, step: Step = ""
) -> dict[str, Any]:
    """Return the result of a query over a range."""
    check_scope(query, identity.permission)
    seconds = max(duration_ns(step) / 1e9 if step else within.seconds / POINTS, 1.0)
    return await prometheus_of(request).query_range(query, within.start / 1e9, within.end / 1e9, seconds)


@router.get("/metrics/export", summary="Export a query", response_class=Response)
async def export(
    request: Request,
    identity: Viewer,
    query: Expression,
    within: InRange,
    step: Step = "",
    form: Annotated[Literal["csv", "json", "openmetrics"], Query(alias="format")] = "csv",
) -> Response:
    """Return a query over a range as a file."""
    result = await query_range(request, identity, query, within, step)
    if form == "openmetrics" and not all("__name__" in row["metric"] for row in result["result"]):
        raise Problem(422, "OpenMetrics needs a metric's name on each series; export a selector, or as csv or json")
    if form == "openmetrics" and any("histograms" in row for row in result["result"]):
        raise Problem(422, "the text of OpenMetrics 1.0 has no native histograms; export as csv or json")
    if any("truncated" in warning for warning in result["warnings"]):
        raise Problem(422, f"more than {MOST_SERIES:,} series: the file would not be complete; narrow the query")
    guard_of(request).record(
        request, "sensitive_read", "success", actor=identity.account, target="metrics", query=query[:1000], format=form
    )
    write, media = FORMATS[form]
    headers = {"Content-Disposition": f'attachment; filename="metrics.{"txt" if form == "openmetrics" else form}"'}
    return Response(write(result), media_type=media, headers=headers)


@router.get("/sse/metrics", summary="Live values", response_class=StreamingResponse)
async def value_events(
    request: Request, identity: Viewer, query: Expressions, every: Step = "15s"
) -> StreamingResponse:
    """Stream the values of queries as server-sent events."""
    return events(request, identity, "metrics", _values(request, identity, query, every))


@router.websocket("/ws/metrics")
async def socket(socket: WebSocket, identity: Viewer, query: Expressions, every: Step = "15s") -> None:
    """Stream the values of queries over a WebSocket."""
    await send_all(socket, identity, "metrics", _values(socket, identity, query, every))


def _values(
    connection: Request | WebSocket, identity: Viewer, queries: list[str], every: str
) -> AsyncIterator[Message]:
    for each in queries:
        check_scope(each, identity.permission)
    return connection.app.state.polls.follow(queries, max(duration_ns(every) / 1e9, CHECK_S))  # type: ignore[no-any-return]  # the state of an application has no types


def read_dashboards(folder: Path | None, grafana: bool) -> Iterator[Dashboard]:
    """Yield the dashboards in the files of a folder; files that cannot be read are left out."""
    files = sorted(folder.rglob("*.json")) if folder else []
    for file in files:
        try:
            board = json.loads(file.read_bytes())
            panels = list(_panels(board.get("panels", [])))
            variables = [_variable(each) for each in (board.get("templating") or {}).get("list") or []]
            yield Dashboard(
                uid=board["uid"],
                title=board["title"],
                folder="" if file.parent == folder else file.parent.name,
                description=board.get("description") or "",
                path=f"/grafana/d/{board['uid']}" if grafana else "",
                since=((board.get("time") or {}).get("from") or "").removeprefix("now-") or "1h",
                variables=variables,
                panels=panels,
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue


def _panels(panels: list[dict[str, Any]], section: str = "") -> Iterator[Panel]:
    for panel in panels:
        if panel.get("type") == "row":
            section = panel.get("title") or ""
        yield from _panels(panel.get("panels") or [], section)
        targets = [target for target in panel.get("targets") or [] if target.get("expr")]
        if not targets:
            continue
        defaults = (panel.get("fieldConfig") or {}).get("defaults") or {}
        steps = (defaults.get("thresholds") or {}).get("steps") or []
        yield Panel(
            title=panel.get("title") or "",
            description=panel.get("description") or "",
            section=section,
            type=panel.get("type") or "",
            source=(panel.get("datasource") or {}).get("type") or "prometheus",
            unit=defaults.get("unit") or "",
            no_value=defaults.get("noValue") or "",
            queries=[target["expr"] for target in targets],
            legends=[target.get("legendFormat") or "" for target in targets],
            instant=all(target.get("instant") for target in targets),
            thresholds=[(each["value"], each["color"]) for each in steps if each.get("value") is not None],
        )


def _variable(variable: dict[str, Any]) -> Variable:
    asked = variable.get("query") or ""
    return Variable(
        name=variable["name"],
        label=variable.get("label") or variable["name"],
        kind=variable.get("type") or "",
        source=(variable.get("datasource") or {}).get("type") or "prometheus",
        query=asked if isinstance(asked, str) else asked.get("query") or "",
        every=(variable.get("allValue") or ".*") if variable.get("includeAll") else "",
        value=str((variable.get("current") or {}).get("value") or "") if variable.get("type") == "textbox" else "",
    )


def _csv(result: dict[str, Any]) -> str:
    rows = result["result"]
    names = sorted({name for row in rows for name in row["metric"]})
    text = io.StringIO()
    table = csv.writer(text)

    def safe(cells: list[str]) -> list[str]:
        return [f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells]

    table.writerow(["time", *safe(names), "value"])
    for row in rows:
        cells = safe([row["metric"].get(name, "") for name in names])
        # A series may turn from numbers into native histograms; these are written as JSON, with all their buckets.
        histograms = [(at, json.dumps(each)) for at, each in row.get("histograms", [])]
        values = sorted([*row.get("values", []), *histograms], key=itemgetter(0))
        table.writerows([at, *cells, value] for at, value in values)
    return text.getvalue()


def _openmetrics(result: dict[str, Any]) -> str:
    lines, previous = [], ""
    for row in sorted(result["result"], key=lambda each: each["metric"]["__name__"]):
        name = row["metric"]["__name__"]
        if name != previous:
            lines.append(f"# TYPE {name} unknown")
            previous = name
        pairs = [f"{key}={_quoted(value)}" for key, value in sorted(row["metric"].items()) if key != "__name__"]
        labels = "{" + ",".join(pairs) + "}" if pairs else ""
        lines += [f"{name}{labels} {value} {at}" for at, value in row.get("values", [])]
    return "\n".join([*lines, "# EOF", ""])


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f'"{escaped}"'


FORMATS: dict[str, tuple[Callable[[dict[str, Any]], str], str]] = {
    "csv": (_csv, "text/csv; charset=utf-8"),
    "json": (json.dumps, "application/json"),
    "openmetrics": (_openmetrics, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
}
