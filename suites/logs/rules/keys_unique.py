"""The keys of a line are unique.

Readers differ on which of two equal keys counts (RFC 8259 section 4): the agent may label a line with one value
while the query shows the other. Loggers write a key twice when a field is added again under a name already bound.
"""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.logs.helpers.judge import Tally, quoted, records_of, where


@rule(
    Good('{"level":"info","msg":"\\"level\\":1","http":{"level":1}}\n'),
    Bad('{"service":"api","msg":"m","service":"web"}\n', "key `service` is repeated in one object (line 1)"),
    Bad('{"msg":"m","http":{"id" :1, "id" :2}}\n' * 2, "key `id` is repeated in one object (2 lines, first line 1)"),
    level=Level.SHOULD,
    source="https://datatracker.ietf.org/doc/html/rfc8259#section-4",
)
def check(stream: LogStream) -> Iterator[Finding]:
    tally: Tally[str] = Tally()
    for line, _ in records_of(stream):
        if line.raw.count(b'":') == len(line.value or ()) and b'" :' not in line.raw and b'"\t:' not in line.raw:
            continue  # as many keys as were written, the case of nearly every line
        for key in _repeated(line.raw):
            tally.add(key, line)
    yield from tally.findings(
        lambda key, seen: Finding(
            f"key {quoted(key)} is repeated in one object ({seen})",
            where(seen.first),
            f"bind {quoted(key)} once: on the logger of the service or on the line, not on both",
        )
    )


def _repeated(raw: bytes) -> set[str]:
    found: set[str] = set()

    def pairs(items: list[tuple[str, Any]]) -> None:
        found.update(key for key, count in Counter(key for key, _ in items).items() if count > 1)

    with contextlib.suppress(RecursionError):  # what was found before that depth is reported
        json.loads(raw, object_pairs_hook=pairs)
    return found
