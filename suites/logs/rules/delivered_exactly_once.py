"""Each emitted line is in the log store exactly once.

Lost lines are missing when they are needed, and lines that are stored twice make every count of them wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.logs.delivery import Delivery
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.logs.helpers.delivered import STORE, at, count, due, verb

EMITTED = 'emitted:\n- {"ts":1.5,"msg":"a"}\n- {"ts":2.5,"msg":"b"}\n- plain\n'.replace("- {", "- '{").replace(
    "}\n", "}'\n"
)


@rule(
    Good(EMITTED),
    Bad(EMITTED + "found: [1, 3]\n", "line 2 was not found in 20 s"),
    Bad(EMITTED + "found: []\nwaited: 5\n", "3 of 3 lines, first line 1, were not found in 5 s"),
    Bad(EMITTED + "found: [1, 2, 3, {of: 2, at: 9}]\n", "line 2 was found 2 times"),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/send-data/promtail/troubleshooting/",
)
def check(delivery: Delivery) -> Iterator[Finding]:
    # An altered line counts as found: `logs/delivered-unchanged` reports it.
    total = len(due(delivery))
    lost = [match.line for match in delivery.matches if match.best is None]
    if lost:
        yield Finding(
            f"{count(lost, total)} {verb(lost, 'was', 'were')} not found in {delivery.waited_s:g} s",
            at(lost[0]),
            f"check whether a job in {delivery.agent} reads {lost[0].file or 'the file'}, whether a stage drops "
            "the line, and "
            f"what `loki_discarded_samples_total` counts: the limits are in {STORE} under `limits_config`",
        )
    repeated = [match for match in delivery.matches if len(match.entries) > match.copies]
    if repeated:
        lines = [match.line for match in repeated]
        most = max(len(match.entries) for match in repeated)
        times = f"{most} times" if len(lines) == 1 else f"up to {most} times"
        yield Finding(
            f"{count(lines, total)} {verb(lines, 'was', 'were')} found {times}",
            at(lines[0]),
            f"keep `positions.filename` of {delivery.agent} on a volume, let one job alone read the file, and "
            "give lines their "
            "own time (stage `timestamp`): the store drops a copy that bears the same time",
        )
