"""A service has no more log streams than its budget allows.

Each stream costs memory, a chunk of its own and an index entry; beyond its limit the store refuses new streams, and
lines of other services are lost.
"""

from collections.abc import Iterator

from stack.records.logs.delivery import Delivery
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.delivered import due, id_labels

EMITTED = """emitted: ['{"ts":1.5,"level":"info"}', '{"ts":2.5,"level":"warn"}', '{"ts":3.5,"level":"error"}']\n"""

NONE = "the store has no stream of it, see `logs/delivered-exactly-once` and `logs/delivered-under-expected-labels`"


@rule(
    Good(EMITTED + "streams: 3\n"),
    Bad(EMITTED + "streams: 2\n", "`api` has 3 streams, 2 are allowed; the label with the most values is `level`: 3"),
    Unjudged(EMITTED + "streams: 3\nfound: []\n", NotApplicable(NONE)),
    Unjudged(
        EMITTED + "streams: 1\nfound: [{of: 1, labels: {file: a}}, {of: 1, labels: {file: b}}]\n",
        NotApplicable("too many streams by the label `file`, see `logs/delivered-under-expected-labels`"),
    ),
    Unjudged(
        EMITTED + "streams: 1\nfound: [{of: 1, labels: {request_id: a}}, {of: 1, labels: {request_id: b}}]\n",
        NotApplicable("too many streams by the label `request_id`, see `logs/delivered-ids-not-labels`"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/get-started/labels/cardinality/",
)
def check(delivery: Delivery) -> Iterator[Finding]:
    due(delivery)
    if not delivery.stream_budget:
        raise NotApplicable("its service.yaml declares no number of streams")
    number = len(delivery.streams)
    if not number:
        raise NotApplicable(NONE)
    if number <= delivery.stream_budget:
        return
    values: dict[str, set[str]] = {}
    for labels in delivery.streams:
        for name, value in labels:
            values.setdefault(name, set()).add(value)
    worst = max(values, key=lambda name: len(values[name]))
    found = any(worst in dict(labels) for labels in {entry.labels for _, entry in delivery.found})
    if found and delivery.exact and delivery.expected and worst not in delivery.expected:
        reported = "delivered-ids-not-labels" if worst in id_labels(delivery) else "delivered-under-expected-labels"
        raise NotApplicable(f"too many streams by the label `{worst}`, see `logs/{reported}`")
    yield Finding(
        f"`{delivery.service}` has {number:,} streams, {delivery.stream_budget:,} are allowed; "
        f"the label with the most values is `{worst}`: {len(values[worst]):,}",
        Where(file=delivery.lines[0].file),
        f"keep `{worst}` to a short list of values, or take it out of stage `labelallow` of {delivery.agent}; a "
        "service with "
        "many instances may have a larger `budgets.streams`",
    )
