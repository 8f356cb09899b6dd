"""Lines are no longer than Loki accepts.

Loki refuses lines longer than its `max_line_size`, or cuts them where it is configured to, and cut JSON no longer
parses. The longest lines, mostly dumps of something that went wrong, are the ones that are lost.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LOKI_MAX_LINE_BYTES, LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.judge import lines_of, where


@rule(
    Good("max_line_bytes: 40\n---\n" + '{"ts":1795500000,"msg":"ready"}\n'),
    Bad(
        "max_line_bytes: 40\n---\n" + '{"ts":1}\n' + '{"ts":2,"msg":"a dump of what was sent to us"}\n' * 2,
        "2 lines are longer than 40 bytes, first line 2, the longest has 46 bytes",
    ),
    Bad("x" * 262_145 + "\n", "1 line is longer than 262,144 bytes, line 1, with 262,145 bytes"),
    Good("stored: true\nmax_line_bytes: 40\n---\n" + '{"ts":1795500000,"msg":"ready"}\n'),
    Unjudged(
        'stored: true\n---\n{"ts":1795500000,"msg":"ready"}\n',
        NotApplicable("only the stored lines are known, and longer ones are refused"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/request-validation-rate-limits/#line_too_long",
)
def check(stream: LogStream) -> Iterator[Finding]:
    limit = stream.max_line_bytes
    long = [line for line in lines_of(stream) if line.length > limit]
    if not long:
        if stream.stored and limit >= LOKI_MAX_LINE_BYTES:
            raise NotApplicable("only the stored lines are known, and longer ones are refused")
        return
    most = max(line.length for line in long)
    if len(long) == 1:
        text = f"1 line is longer than {limit:,} bytes, line {long[0].number}, with {most:,} bytes"
    else:
        text = f"{len(long):,} lines are longer than {limit:,} bytes, first line {long[0].number}"
        text += f", the longest has {most:,} bytes"
    yield Finding(
        text, where(long[0]), "log a size, a digest or an id in place of the body, or cut fields in the logger"
    )
