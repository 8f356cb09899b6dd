"""Integers are within the range that every JSON reader keeps exactly.

Grafana and many agents read JSON numbers as doubles, which are exact up to 2**53 - 1 (RFC 8259 section 6). An id or
a count of nanoseconds beyond that is displayed as another number, and a search for that number finds nothing.
"""

import re
from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.logs.helpers.judge import Tally, objects_of, quoted, where
from suites.logs.helpers.requests import key_of

_LONG = re.compile(rb"[:,\[]\s*-?([0-9]{16,})\s*[,}\]]")
_EXACT = 2**53 - 1


@rule(
    Good('{"msg":"m","span":"18446744073709551615","bytes":9007199254740991,"ratio":0.12345678901234567}\n'),
    Good("from: 2026-11-24T06:00:00Z\nto: 2026-11-24T06:00:05Z\n---\n" + '{"ts":1795500001000000000,"msg":"m"}\n'),
    Bad('{"msg":"m","span":1844674407370955161}\n' * 2, "number in `span` is beyond 2**53 - 1 (2 lines, first line 1)"),
    Bad('{"":12345678901234567890}\n', "number under the empty key is beyond 2**53 - 1 (line 1)"),
    Bad(
        '{"id_1":12345678901234567}\n{"id_2":12345678901234567}\n',
        "number in `id_1` is beyond 2**53 - 1 (2 lines, first line 1)",
    ),
    level=Level.SHOULD,
    source="https://datatracker.ietf.org/doc/html/rfc8259#section-6",
)
def check(stream: LogStream) -> Iterator[Finding]:
    tally: Tally[str] = Tally()
    window = stream.written
    for line, record in objects_of(stream):
        for digits in _LONG.findall(line.raw):
            if window is not None and record.time == int(digits) and not window.contains(record.time_ns or 0):
                continue  # a time in another unit, which `logs/timestamp-near-emission` reports
            if len(digits) > 16 or int(digits) > _EXACT:
                tally.add(key_of(line, digits.decode()) or "", line)
    yield from tally.findings(
        lambda key, seen: Finding(
            f"number {f'in {quoted(key)}' if key else 'under the empty key'} is beyond 2**53 - 1 ({seen})",
            where(seen.first),
            "write ids as text, and times and spans in a larger unit",
        )
    )
