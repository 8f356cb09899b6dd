"""The ids of a line are stored as its structured metadata.

`| request_id="…"` then finds a request in all services without parsing lines, and without a stream per id.
"""

from collections import defaultdict
from collections.abc import Iterator

from stack.records.logs.delivery import Delivery
from stack.records.logs.entry import EmittedLine
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.delivered import STORE, at, count, found, id_labels, need_log, need_read, verb

EMITTED = """emitted: ['{"ts":1.5,"request_id":"r-1"}', '{"ts":2.5,"request_id":"r-2","trace_id":"t-2"}', plain]\n"""


@rule(
    Good(EMITTED),
    Bad(
        EMITTED + "found: [{of: 1, ids: {request_id: null}}, {of: 2, ids: {request_id: null}}]\n",
        "2 of 2 lines, first line 1, do not have their `request_id` in the structured metadata",
    ),
    Bad(
        EMITTED + "found: [1, {of: 2, ids: {trace_id: r-2}}]\n",
        "the only line does not have its `trace_id` in the structured metadata",
    ),
    Unjudged(
        EMITTED + "found: [{of: 1, labels: {request_id: r-1}, ids: {request_id: null}}]\n",
        NotApplicable("the ids are labels, see `logs/delivered-ids-not-labels`"),
    ),
    level=Level.MUST,
    convention=True,
    source="https://grafana.com/docs/loki/latest/get-started/labels/structured-metadata/",
)
def check(delivery: Delivery) -> Iterator[Finding]:
    need_log(delivery)
    need_read(delivery)
    # `logs/delivered-ids-not-labels` reports an id that became a label.
    carrying: dict[str, list[EmittedLine]] = defaultdict(list)
    missing: dict[str, list[EmittedLine]] = defaultdict(list)
    labels = id_labels(delivery)
    for line, entry in found(delivery):
        stored = dict(entry.metadata)
        for name, value in line.ids:
            carrying[name].append(line)
            if stored.get(name) != value and name not in labels:
                missing[name].append(line)
    if not carrying:
        raise NotApplicable("no line that was found carries an id")
    if carrying.keys() <= labels.keys():
        raise NotApplicable("the ids are labels, see `logs/delivered-ids-not-labels`")
    for name, lines in missing.items():
        does, its = verb(lines, "does", "do"), verb(lines, "its", "their")
        yield Finding(
            f"{count(lines, len(carrying[name]))} {does} not have {its} `{name}` in the structured metadata",
            at(lines[0]),
            f"extract `{name}` in stage `json` and list it in stage `structured_metadata` of {delivery.agent}, "
            "and allow it: "
            f"`allow_structured_metadata: true` in {STORE}",
        )
