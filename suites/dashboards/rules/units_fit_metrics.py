"""The unit of a panel is that of its metrics.

Metrics say their unit in their name, and queries keep it: seconds shown as milliseconds are wrong by a thousand.
"""

from collections.abc import Iterator

from promql_parser import AggregateExpr, BinaryExpr, Call, Expr

from stack.records.dashboards.dashboard import Dashboard
from stack.records.queries.promql import bare, metric, number, operator, selectors
from stack.records.queries.promql_shares import is_percentage, is_share
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.dashboards.helpers.examples import promql_panel
from suites.dashboards.helpers.static_queries import finding, parsed_promql

SECONDS = frozenset({"s", "dtdurations", "clocks"})
MILLISECONDS = frozenset({"ms", "dtdurationms", "clockms"})
TIMES = SECONDS | MILLISECONDS | {"µs", "ns", "m", "h", "d", "timeticks"}
BYTES = frozenset({"bytes", "decbytes"})
OTHER_SIZES = frozenset({"bits", "decbits", "kbytes", "deckbytes", "mbytes", "decmbytes", "gbytes", "decgbytes"})
RATES = frozenset({"Bps", "binBps", "bps", "binbps", "KBs", "KiBs", "MBs", "MiBs", "GBs", "GiBs"})
RIGHT = {"_seconds": SECONDS, "_milliseconds": MILLISECONDS, "_bytes": BYTES}
KNOWN = TIMES | BYTES | OTHER_SIZES | RATES | {"percent", "percentunit", "reqps", "ops"}
KEEPS = frozenset({"sum", "avg", "min", "max", "topk", "bottomk", "quantile"})
OVER_TIME = frozenset({"avg_over_time", "max_over_time", "min_over_time", "last_over_time", "quantile_over_time"})


def panel(expr: str, unit: str) -> str:
    return promql_panel(expr, fieldConfig={"defaults": {"unit": unit}})


@rule(
    Good(panel("max by (job) (request_duration_seconds)", "s")),
    Good(panel("histogram_quantile(0.9, sum by (le) (rate(request_duration_seconds_bucket[5m])))", "s")),
    Good(panel("a_free_bytes / a_size_bytes", "percentunit")),
    Good(panel("rate(received_bytes_total[5m])", "Bps")),
    Bad(
        panel("avg(request_duration_seconds)", "ms"),
        "query A of panel `P`: the panel has the unit `ms`, and its values are those of `request_duration_seconds`",
    ),
    Bad(
        panel("rate(received_bytes_total[5m])", "bytes"),
        "query A of panel `P`: the panel has the unit `bytes`, and its values are bytes per second",
    ),
    Bad(
        panel("a_free_bytes / a_size_bytes", "percent"),
        "query A of panel `P`: the panel has the unit `percent`, and its values are a share of 0 to 1",
    ),
    Bad(
        panel("a_free_bytes / a_size_bytes * 100", "percentunit"),
        "query A of panel `P`: the panel has the unit `percentunit`, and its values are a share of 0 to 100",
    ),
    *(
        Unjudged(panel(*one), NotApplicable("dashboard.json has no panel whose unit and metric can be compared"))
        for one in (("a_seconds * 1000", "ms"), ("rate(received_bytes_total[5m]) * 8", "bps"), ("a_seconds", "short"))
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    panels, judged = {panel.path: panel for panel in dashboard.panels}, False
    for place, tree in parsed_promql(dashboard):
        panel_of = panels.get(place.path.rpartition(".targets")[0])
        unit = panel_of.unit if panel_of is not None else ""
        if unit not in KNOWN or (panel_of is not None and len(panel_of.queries) > 1):
            continue
        judged = judged or (unit in ("percent", "percentunit") and (is_share(tree) or is_percentage(tree)))
        if (unit == "percent" and is_share(tree)) or (unit == "percentunit" and is_percentage(tree)):
            values = "0 to 100" if unit == "percentunit" else "0 to 1"
            message = f"the panel has the unit `{unit}`, and its values are a share of {values}"
            yield finding(dashboard, place, message, "`percentunit` is for 0 to 1, `percent` for 0 to 100")
        name, per_second = _kept(tree)
        judged = judged or (per_second and bool(name))
        if per_second and name.removesuffix("_total").endswith("_bytes") and unit in BYTES | TIMES:
            message = f"the panel has the unit `{unit}`, and its values are bytes per second"
            yield finding(dashboard, place, message, "`binBps` or `Bps`")
        for suffix, right in RIGHT.items():
            plain = name.removesuffix("_bucket") if name.endswith("_bucket") else name
            if per_second or not plain.endswith(suffix):
                continue
            judged = True
            if unit not in right:
                message = f"the panel has the unit `{unit}`, and its values are those of `{plain}`"
                yield finding(dashboard, place, message, f"one of {', '.join(f'`{one}`' for one in sorted(right))}")
    if not judged:
        raise NotApplicable(f"{dashboard.file} has no panel whose unit and metric can be compared")


def _kept(node: Expr) -> tuple[str, bool]:
    """The metric whose unit the result has, and whether per second; empty where it has another unit."""
    node = bare(node)
    match node:
        case AggregateExpr() if str(node.op) in KEEPS:
            return _kept(node.expr)
        case Call() if node.func.name == "histogram_quantile":
            found = selectors(node.args[1])
            return (metric(found[0]) if len(found) == 1 else "", False)
        case Call() if node.func.name in ("rate", "irate"):
            found = selectors(node.args[0])
            name = metric(found[0]) if len(found) == 1 else ""
            return (name if name.endswith("_bytes_total") else "", True)
        case Call() if node.func.name in OVER_TIME:
            return _kept(node.args[-1])
        case BinaryExpr() if operator(node) in (">", ">=", "<", "<=", "!=") and number(node.rhs) is not None:
            return _kept(node.lhs)
        case Call() | AggregateExpr() | BinaryExpr():
            return "", False
        case _:
            found = selectors(node)
            return (metric(found[0]) if len(found) == 1 else "", False)
