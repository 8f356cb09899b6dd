"""There is no plain text between the JSON lines.

Panics, tracebacks, banners and the access log of an unconfigured web server reach the same output as the log. They
have no level, no time and no service, so the alert on errors misses exactly the worst ones.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.logs.helpers.blocks import blocks
from suites.logs.helpers.judge import Tally, lines_of, require, syntax_of, where
from suites.logs.helpers.proposal import looks_like

LINE = '{"level":"info","ts":1795500000.5,"msg":"ready"}\n'


@rule(
    Good(LINE),
    Bad(
        LINE + "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:7 +0x1d\nexit status 2\n",
        "plain text instead of JSON: Go panic (6 lines, first line 2)",
    ),
    Bad(
        'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nKeyError: 1\n' + LINE,
        "plain text instead of JSON: Python traceback (3 lines, first line 1)",
    ),
    Bad(
        'INFO:     127.0.0.1:50412 - "GET / HTTP/1.1" 200 OK\n' * 2,
        "plain text instead of JSON: uvicorn access line (2 lines, first line 1)",
    ),
    Bad(LINE + "*******\n* API *\n*******\n", "plain text instead of JSON: startup banner (3 lines, first line 2)"),
    Bad(
        "2026-11-24T06:00:00.123456789Z stdout F " + LINE,
        "plain text instead of JSON: prefix of a container runtime (CRI) (line 1)",
    ),
    Bad("api-1  | " + LINE, "plain text instead of JSON: prefix of `docker compose logs` (line 1)"),
    Bad(LINE + "listening on 8080\n", "plain text instead of JSON (line 2)"),
    level=Level.MUST,
    source="https://12factor.net/logs",
)
def check(stream: LogStream) -> Iterator[Finding]:
    lines_of(stream)
    require(stream)
    tally: Tally[tuple[str, str]] = Tally()
    for block in stream.derived(blocks):
        if block.owner == "text":
            tally.add((block.name, block.hint), block.first, block.lines)
    proposal = stream.derived(looks_like) if len(tally) else ""
    yield from tally.findings(
        lambda cause, seen: Finding(
            f"plain text instead of {syntax_of(stream)}{'' if cause[0] == 'plain text' else f': {cause[0]}'} ({seen})",
            where(seen.first),
            f"{proposal}; or {cause[1]}" if proposal else cause[1],
        )
    )
