"""The keys of a line are unique.

Readers differ on which of two equal keys counts (RFC 8259 section 4): the agent may label a line with one value
while the query shows the other. Loggers write a key twice when a field is added again under a name already bound.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.logs.helpers.judge import Tally, quoted, records_of, repeated, syntax_of, unknown_level, unread_time, where


@rule(
    Good('{"level":"info","msg":"\\"level\\":1","http":{"level":1}}\n'),
    Good('format: klog\n---\nI1124 06:00:00.123456 1 a.go:7] "Synced pod" pod="shop/web"\n'),
    Bad('format: klog\n---\nI1124 06:00:00.1 1 a.go:7] "m" a="1" a="2"\n', "key `a` is repeated in one line (line 1)"),
    Bad('{"service":"api","msg":"m","service":"web"}\n', "key `service` is repeated in one line (line 1)"),
    Good('{"level":"pro","level":"pro","ts":"noon","ts":"noon","msg":"m"}\n'),
    Bad('{"msg":"m","http":{"id" :1, "id" :2}}\n' * 2, "key `id` is repeated in one line (2 lines, first line 1)"),
    Bad("format: logfmt\n---\n" + "level=info msg=a level=warn\n", "key `level` is repeated in one line (line 1)"),
    level=Level.SHOULD,
    source="https://datatracker.ietf.org/doc/html/rfc8259#section-4",
)
def check(stream: LogStream) -> Iterator[Finding]:
    tally: Tally[str] = Tally()
    mark = b"=" if syntax_of(stream) == "logfmt" else b'":'
    for line, record in records_of(stream):
        if line.raw.count(mark) == len(line.value or ()) and b'" :' not in line.raw and b'"\t:' not in line.raw:
            continue  # as many keys as were written, the case of nearly every line
        unknown = record.format.level if unknown_level(stream, record) else ()
        unread = record.format.time if unread_time(stream, record) else ()  # those who report these name the key, too
        for key in sorted(repeated(line).difference(unknown, unread)):
            tally.add(key, line)
    yield from tally.findings(
        lambda key, seen: Finding(
            f"key {quoted(key)} is repeated in one line ({seen})",
            where(seen.first),
            f"bind {quoted(key)} once: on the logger of the service or on the line, not on both",
        )
    )
