"""A service writes its log to the declared place.

A service that cannot open its log directory, buffers without end or logs to another place is silent: nothing looks
wrong, nothing is stored, and every other rule has nothing to judge.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good('{"level":"info","ts":1795500000,"msg":"ready"}\n'),
    Bad("source: auth.log\n---\n", "the log `auth.log` is empty"),
    Bad("source: auth.log\nrequests: [{id: r-1}]\n---\n", "the log `auth.log` is empty after 1 request"),
    Bad("source: auth.log\nmissing: no such file\n---\n", "the log `auth.log` is not there: no such file"),
    Bad(
        "source: auth.log\nhalf_line: 120\n---\n",
        "the log `auth.log` has no complete line: 120 bytes without a line feed",
    ),
    level=Level.MUST,
    source="https://12factor.net/logs",
)
def check(stream: LogStream) -> Iterator[Finding]:
    hint = (
        "write unbuffered to standard output, or to the declared directory, and check that the service may write there"
    )
    if stream.missing:
        yield Finding(f"the log `{stream.source}` is not there: {stream.missing}", Where(file=stream.source), hint)
    elif not stream.raw_lines and stream.half_line:
        text = f"the log `{stream.source}` has no complete line: {stream.half_line:,} bytes without a line feed"
        yield Finding(text, Where(file=stream.source), "end each line with a line feed (0x0a), and flush it")
    elif not stream.raw_lines and stream.format is not None and stream.format.lines == "text":
        raise NotApplicable("the log is empty, and its lines are declared as plain text, of which none is due")
    elif not stream.raw_lines:
        sent = len(stream.requests)
        after = f" after {sent} request{'s' if sent > 1 else ''}" if sent else ""
        yield Finding(f"the log `{stream.source}` is empty{after}", Where(file=stream.source), hint)
