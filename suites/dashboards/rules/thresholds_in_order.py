"""Threshold steps ascend.

Grafana goes through them in their order and stops at the first that is above the value: a step behind a higher one
colours what it was not meant for, or nothing.
"""

from collections.abc import Iterator
from itertools import pairwise

from stack.records.dashboards.dashboard import Dashboard
from stack.text.view import View
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

LARGEST = 1e300
"""Numbers above are no thresholds of anything, and too large to be shown."""


def panel(steps: str) -> str:
    thresholds = f"{{mode: absolute, steps: [{steps}]}}"
    return f"{{panels: [{{id: 1, title: P, type: stat, fieldConfig: {{defaults: {{thresholds: {thresholds}}}}}}}]}}"


@rule(
    Good(panel("{color: green, value: null}, {color: yellow, value: 70}, {color: red, value: 90}")),
    Good(panel("{color: green}, {color: red, value: 0}")),
    Bad(
        panel("{color: green, value: null}, {color: yellow, value: 40}, {color: red, value: 25}"),
        "panel `P`: the threshold 25 (red) stands behind 40 (yellow)",
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/grafana/latest/panels-visualizations/configure-thresholds/",
)
def check(dashboard: Dashboard) -> Iterator[Finding]:
    found = False
    for one in dashboard.panels:
        defaults = View(one.model)["fieldConfig"]["defaults"]
        listed = defaults["thresholds"]["steps"] if defaults["thresholds"].is_a(dict) else defaults["thresholds"]
        steps = [
            (step["value"].value, step["color"].text()) for step in (listed.objects() if listed.is_a(list) else ())
        ]
        numbers = [step for step in steps if isinstance(step[0], int | float) and abs(step[0]) < LARGEST]
        found = found or bool(numbers)
        for (before, colour), (value, other) in pairwise(numbers):
            if value < before:
                message = f"panel `{one.name}`: the threshold {value:g} ({other}) stands behind {before:g} ({colour})"
                yield Finding(message, Where(file=dashboard.at(one.path), panel=one.name), "sort the steps by value")
    if not found:
        raise NotApplicable(f"{dashboard.file} has no thresholds")
