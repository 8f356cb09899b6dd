"""Within a stream, lines are stored in the order in which they were written.

A stack trace whose lines are scattered among others, or an effect before its cause, is misread.
"""

from collections import defaultdict
from collections.abc import Iterator

from stack.records.logs.delivery import Delivery
from stack.records.logs.entry import EmittedLine, LabelSet, show_labels
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.delivered import at, damaged, found, need_log

EMITTED = """emitted: ['{"ts":3.5,"msg":"a"}', 'trace 1', 'trace 2', '{"ts":2.5,"msg":"b"}']\n"""


@rule(
    Good(EMITTED + "found: [1, {of: 2, at: 3.6}, {of: 3, at: 3.7}, 4]\n"),
    Good("expected: {service: api}\n" + EMITTED + "found: [1, {of: 2, at: 3.6}, {of: 3, at: 3.7}, 4]\n"),
    Unjudged(
        'expected: {service: api}\nemitted: [\'{"msg":"a"}\', \'{"ts":2.5}\', \'{"ts":1.5,"msg":"cut\']\n'
        "found: [{of: 1, at: 9}, 2, {of: 3, at: 1.5}]\n",
        NotApplicable("no two lines of one stream have times that tell their order"),
    ),
    Bad(
        "expected: {service: api}\n" + EMITTED + "found: [1, {of: 2, at: 3.7}, {of: 3, at: 3.6}, 4]\n",
        'line 3 is stored before line 2 in `{service="api"}`',
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/configure/#accept-out-of-order-writes",
)
def check(delivery: Delivery) -> Iterator[Finding]:
    need_log(delivery)
    # Where the lines' own times run backwards the service is at fault, not the agent.
    # The agent gives a line before the first time its time of reading, and may read a damaged object's own.
    last: dict[tuple[LabelSet, str | None], tuple[EmittedLine, int]] = {}
    swapped: dict[LabelSet, list[tuple[EmittedLine, EmittedLine]]] = defaultdict(list)
    written = _written(delivery)
    compared = False
    for line, entry in sorted(found(delivery), key=lambda pair: (pair[0].file or "", pair[0].number)):
        if line not in written:
            continue
        stream = (entry.labels, line.file)
        if stream in last:
            before, stored_ns = last[stream]
            if written[line] >= written[before]:
                compared = True
                if entry.timestamp_ns < stored_ns:
                    swapped[entry.labels].append((before, line))
        last[stream] = (line, entry.timestamp_ns)
    if not compared:
        raise NotApplicable("no two lines of one stream have times that tell their order")
    for labels, pairs in swapped.items():
        before, line = pairs[0]
        more = f", and {len(pairs) - 1} more such pairs" if len(pairs) > 1 else ""
        yield Finding(
            f"line {line.number} is stored before line {before.number} in `{show_labels(labels)}`{more}",
            at(line, show_labels(labels)),
            f"use `action_on_failure: fudge` in stage `timestamp` of {delivery.agent}, and place that stage "
            "before the labels "
            "that differ from line to line",
        )


def _written(delivery: Delivery) -> dict[EmittedLine, int]:
    """When each line was written, as far as that is known: one without a time belongs to the one before it."""
    latest: dict[str | None, int] = {}
    times = {}
    for line in delivery.lines:
        if line.time_ns is not None:
            latest[line.file] = line.time_ns
        if line.file in latest and not damaged(line):
            times[line] = latest[line.file]
    return times
