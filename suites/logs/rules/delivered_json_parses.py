"""A line that was written as JSON parses as JSON in a query.

`| json` is how dashboards reach the fields of a line; lines on which it fails drop out of every panel that filters.
Usually such a line was cut or rewritten on its way, which `logs/delivered-unchanged` reports.
"""

from collections.abc import Iterator

from stack.records.logs.delivery import Delivery
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule
from suites.logs.helpers.delivered import TOO_LONG, at, count, found, need_log, verb

EMITTED = """emitted: ['{"ts":1.5,"msg":"a"}', plain]\n"""


@rule(
    Good(EMITTED + "json_errors: [2]\n"),
    Bad(EMITTED + "json_errors: [1, 2]\n", "the only line is a JSON object, yet `| json` fails on it"),
    Unjudged(EMITTED + "json_errors: null\n", NotCollected("`| json` was not asked where the lines are")),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/query/log_queries/#json",
)
def check(delivery: Delivery) -> Iterator[Finding]:
    need_log(delivery)
    objects = [(line, entry) for line, entry in found(delivery) if line.is_object and line.length <= TOO_LONG]
    if not objects:
        raise NotApplicable("no line that was found is a JSON object")
    if delivery.json_errors is None:
        raise NotCollected("`| json` was not asked where the lines are")
    failing = [line for line, entry in objects if entry.line in delivery.json_errors]
    if failing:
        yield Finding(
            f"{count(failing, len(objects))} {verb(failing, 'is a JSON object', 'are JSON objects')}, yet `| json` "
            f"fails on {verb(failing, 'it', 'them')}",
            at(failing[0]),
            'query the line with `| json | __error__ != ""`; its `__error_details__` name the key that the store '
            "cannot parse",
        )
