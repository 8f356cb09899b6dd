"""Variables do not depend on each other in a circle.

Grafana queries a variable after those in its query. Where none can be first, the dashboard never finishes loading.
"""

from collections.abc import Iterator, Mapping

from stack.records.dashboards.dashboard import Dashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.dashboards.helpers.interpolate import referenced


def board(*queries: str) -> str:
    listed = ", ".join(
        f"{{name: {name}, type: query, query: '{query}'}}" for name, query in zip("abc", queries, strict=False)
    )
    return f"{{panels: [{{id: 1}}], templating: {{list: [{listed}]}}}}"


@rule(
    Good(board('label_values(up{a=~"$a"}, x)')),  # which Grafana leaves out
    Good(board('label_values(up{job="$b"}, x)', "label_values(up, job)", 'label_values(up{a="$a",b="$b"}, y)')),
    Bad(
        board('label_values(up{b="$b"}, x)', 'label_values(up{a=~"${a:regex}"}, y)'),
        "the variables `a` and `b` depend on each other",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/visualizations/dashboards/variables/add-template-variables/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    asked = [one for one in dashboard.variables if one.type == "query"]
    if not asked:
        raise NotApplicable(f"{dashboard.file} has no query variable")
    names = {one.name for one in asked}
    needs = {
        one.name: (referenced(one.query) | referenced(one.datasource.uid or "")) & names - {one.name} for one in asked
    }
    told: set[str] = set()
    for one in asked:
        circle = _circle(one.name, needs)
        if circle and one.name not in told:
            told |= set(circle)
            listed = " and ".join(f"`{name}`" for name in circle)
            message = f"the variables {listed} depend on each other"
            yield Finding(message, Where(file=dashboard.at(one.path)), "let one of them be queried without the other")


def _circle(start: str, needs: Mapping[str, set[str]]) -> list[str]:
    """The variables on the way from one back to itself, empty where there is none."""
    ways, seen = [[start]], set[str]()
    while ways:
        way = ways.pop(0)
        for name in sorted(needs[way[-1]]):
            if name == start:
                return way
            if name not in seen:
                seen.add(name)
                ways.append([*way, name])
    return []
