"""The label `level` says what the line says.

Counts of errors by label, and alerts on them, are as true as this label. A line that names no level is filed under
`unknown`, so that nothing else can hide among real errors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from stack.records.logs.delivery import Delivery
from stack.records.logs.entry import EmittedLine
from stack.records.logs.format import LEVELS
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.logs.helpers.delivered import AGENT, at, count, found, verb
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
    """Compare by severity, so that `warn` and `warning` are one; a missing label is another rule's business."""
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
        says = f"level {quoted(level)}" if level else "no level"
        yield Finding(
            f"{count(lines, len(labelled))} {verb(lines, 'has', 'have')} {says}, but {quoted(label)} as label",
            at(lines[0]),
            f"mend the stages `json` and `labels` of {AGENT} that make `level`; `unknown` is for lines without one",
        )


def _broken(line: EmittedLine) -> bool:
    """Cut or damaged JSON: the agent may still read the level that stands in it, and it is right if it does."""
    return not line.is_object and 'level"' in line.text


def _agree(level: str | None, label: str) -> bool:
    if level is None:
        return label in {"unknown", ""}
    return LEVELS.get(level, level) == LEVELS.get(label.lower(), label)
