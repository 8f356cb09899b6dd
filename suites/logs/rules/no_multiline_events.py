"""Each event is one line.

Agents end an entry at the line feed. The frames of a stack trace on further lines become entries of their own, without
level and time and apart from the error they explain; a pretty-printed object is torn into pieces.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.logs.helpers.blocks import blocks
from suites.logs.helpers.judge import Tally, lines_of, require, where


@rule(
    Good('{"level":"error","ts":1795500000.5,"msg":"boom","stacktrace":"main.main\\n\\t/src/main.go:7"}\n'),
    Bad(
        '{"level":"error","ts":1795500000.5,"msg":"boom"}\n\tat Store.put(Store.java:9)\n\tat Main.main(Main.java:3)\n',
        "a stack or other continuation of the line before is on lines of its own (2 lines, first line 2)",
    ),
    Bad('{\n  "level": "info"\n}\n', "a JSON object spread over several lines (3 lines, first line 1)"),
    Bad(
        ('{"level":"info","dump":"' + "x" * 20_000)[:16_384] + "\n" + "x" * 3_640 + '"}\n',
        "a JSON object cut into pieces of 16 KiB (2 lines, first line 1)",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/send-data/promtail/stages/multiline/",
)
def check(stream: LogStream) -> Iterator[Finding]:
    lines_of(stream)
    require(stream)
    tally: Tally[tuple[str, str]] = Tally()
    for block in stream.derived(blocks):
        if block.owner == "multiline":
            tally.add((block.name, block.hint), block.first, block.lines)
    yield from tally.findings(
        lambda cause, seen: Finding(
            f"{cause[0]}{'' if 'JSON' in cause[0] else ' is on lines of its own'} ({seen})",
            where(seen.first),
            cause[1],
        )
    )
