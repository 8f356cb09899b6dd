"""The label `level` equals the level of the line.

Counts of errors by label, and alerts on them, are only as true as this label. A line without a level is stored under
`unknown`, so that it is not counted among real errors.
"""

from collections import defaultdict
from collections.abc import Iterator

from stack.records.logs.delivery import Delivery
from stack.records.logs.entry import EmittedLine
from stack.records.logs.format import LEVELS
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.logs.helpers.delivered import at, count, found, verb
from suites.logs.helpers.judge import quoted

EMITTED = """emitted: ['{"ts":1.5,"level":"warn"}', '{"ts":2.5,"level":"ERROR"}', plain]\n"""


@rule(
    Good(EMITTED),
    Good(EMITTED + "found: [{of: 1, labels: {level: warning}}, 2, 3]\n"),
    Good("""emitted: ['{"level":"info","msg":"half a li', plain]\nfound: [{of: 1, labels: {level: info}}, 2]\n"""),
    Bad(
        EMITTED + "found: [1, {of: 2, labels: {level: info}}, 3]\n",
        "line 2 has level `error`, but `info` as label",
    ),
    Bad(EMITTED + "found: [1, 2, {of: 3, labels: {level: error}}]\n", "line 3 has no level, but `error` as label"),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/send-data/promtail/stages/labels/",
)
def check(delivery: Delivery) -> Iterator[Finding]:
    # By severity, so that `warn` and `warning` are one; `logs/delivered-under-expected-labels` reports a missing label.
    labelled = [
        (line, labels["level"])
        for line, entry in found(delivery)
        if "level" in (labels := dict(entry.labels)) and not _broken(line)
    ]
    if not labelled:
        raise NotApplicable("no readable line that was found has a label `level`")
    wrong: dict[tuple[str | None, str], list[EmittedLine]] = defaultdict(list)
    for line, label in labelled:
        if not _agree(line.level, label):
            wrong[line.level, label].append(line)
    for (level, label), lines in wrong.items():
        own = f"level {quoted(level)}" if level else "no level"
        yield Finding(
            f"{count(lines, len(labelled))} {verb(lines, 'has', 'have')} {own}, but {quoted(label)} as label",
            at(lines[0]),
            f"correct the stages `json` and `labels` of {delivery.agent} that make `level`; `unknown` is for "
            "lines without one",
        )


def _broken(line: EmittedLine) -> bool:
    """Cut or damaged JSON: the agent may still read its level, and rightly so."""
    return not line.is_object and 'level"' in line.text


def _agree(level: str | None, label: str) -> bool:
    if level is None:
        return label in {"unknown", ""}
    return LEVELS.get(level, level) == LEVELS.get(label.lower(), label)
