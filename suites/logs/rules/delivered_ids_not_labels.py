"""Ids of requests, traces and users are not labels.

Each value of a label is a stream of its own, with its own chunks and index entries: an id as label makes as many
streams as there are requests, until the store refuses new ones.
"""

from collections.abc import Iterator

from stack.records.logs.delivery import Delivery
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule
from suites.logs.helpers.delivered import found, id_labels
from suites.logs.helpers.judge import quoted

EMITTED = """emitted: ['{"ts":1.5,"level":"info","request_id":"r-1"}']\n"""


@rule(
    Good(EMITTED),
    Good("expected: {service: api, pod_id: '*'}\n" + EMITTED + "found: [{of: 1, labels: {pod_id: '4711'}}]\n"),
    Bad(
        EMITTED + "found: [{of: 1, labels: {request_id: r-1}, ids: {request_id: null}}]\n",
        "label `request_id` contains an id (`r-1`)",
    ),
    Bad(EMITTED + "found: [{of: 1, labels: {client: 10.0.0.7}}]\n", "label `client` contains an id (`10.0.0.7`)"),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/get-started/labels/cardinality/",
)
def check(delivery: Delivery) -> Iterator[Finding]:
    found(delivery)
    for name, value in id_labels(delivery).items():
        yield Finding(
            f"label `{name}` contains an id ({quoted(value)})",
            Where(file=delivery.lines[0].file),
            f"move `{name}` from stage `labels` to stage `structured_metadata` of {delivery.agent}",
        )
