"""The label `level` equals the level of the line.

Counts of errors by label, and alerts on them, are only as true as this label. A line without a level is stored under
`unknown`, so that it is not counted among real errors.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from stack.records.logs.delivery import Delivery
from stack.records.logs.entry import EmittedLine
from stack.records.logs.levels import level_of
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.delivered import at, count, damaged, found, need_read, verb
from suites.logs.helpers.judge import quoted

SHOWN = 4
"""Pairs of level and label that a finding lists."""

_WORDS = re.compile(r"\b(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|CRITICAL|FATAL)\b")
_HEAD = 200
"""Characters at the beginning of a line of text among which its level is."""

EMITTED = """emitted: ['{"ts":1.5,"level":"warn"}', '{"ts":2.5,"level":"ERROR"}', plain]\n"""
TEXT = """stored: true
emitted: ['2026-11-28 06:10:57,646 INFO worker: mail queued', 'Traceback (most recent call last):']
"""


@rule(
    Good(EMITTED),
    Good(EMITTED + "found: [{of: 1, labels: {level: warning}}, 2, 3]\n"),
    Good("""emitted: ['{"level":"info","msg":"half a li', plain]\nfound: [{of: 1, labels: {level: info}}, 2]\n"""),
    Bad(
        EMITTED + "found: [1, {of: 2, labels: {level: info}}, 3]\n",
        "line 2 has level `error`, but `info` as label",
    ),
    Bad(
        EMITTED + "found: [{of: 1, labels: {level: unknown}}, {of: 2, labels: {level: unknown}}, 3]\n",
        "2 of 3 lines, first line 1, have level `warning`, but `unknown` as label; `error`, but `unknown` as label",
    ),
    Bad(EMITTED + "found: [1, 2, {of: 3, labels: {level: error}}]\n", "line 3 has no level, but `error` as label"),
    Good(TEXT + "found: [{of: 1, labels: {level: info}}, {of: 2, labels: {level: error}}]\n"),
    Bad(
        TEXT + "found: [{of: 1, labels: {level: error}}, {of: 2, labels: {level: info}}]\n",
        "line 1 has level `info`, but `error` as label",
    ),
    Unjudged(
        TEXT.replace("INFO ", "") + "found: [{of: 1, labels: {level: info}}, {of: 2, labels: {level: error}}]\n",
        NotApplicable("no line states a level"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/send-data/promtail/stages/labels/",
)
def check(delivery: Delivery) -> Iterator[Finding]:
    need_read(delivery)
    # By severity, so that `warn` and `warning` are one; `logs/delivered-under-expected-labels` reports a missing label.
    labelled = [
        (line, labels["level"])
        for line, entry in found(delivery)
        if "level" in (labels := dict(entry.labels)) and not damaged(line)
    ]
    if not labelled:
        raise NotApplicable("no readable line that was found has a label `level`")
    judged = 0
    wrong: dict[tuple[str | None, str], list[EmittedLine]] = defaultdict(list)
    for line, label in labelled:
        own = line.level
        if own is None and delivery.stored_only and not line.is_object:
            # What else the site's agent has read in text, or what the text belongs to, is not known here.
            words = [level_of(word) for word in _WORDS.findall(line.text[:_HEAD])]
            if not words:
                continue
            own = level_of(label) if level_of(label) in words else words[0]
        judged += 1
        if not _agree(own, label):
            wrong[own, label].append(line)
    if not judged:
        raise NotApplicable("no line states a level")
    if not wrong:
        return
    lines = sorted((line for some in wrong.values() for line in some), key=lambda line: (line.file or "", line.number))
    pairs = [
        f"{quoted(own) if own else 'no level'}, but {quoted(label)} as label" for own, label in list(wrong)[:SHOWN]
    ]
    more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
    has = verb(lines, "has", "have")
    yield Finding(
        f"{count(lines, len(labelled))} {has} {'level ' if next(iter(wrong))[0] else ''}{'; '.join(pairs)}{more}",
        at(lines[0]),
        f"correct the stages of {delivery.agent} that make `level`: `json` takes it from the line, the table in "
        "`template` has the levels that are known; `unknown` is for lines without one",
    )


def _agree(level: str | None, label: str) -> bool:
    if level is None:
        return label in {"unknown", ""}
    return level == level_of(label)
