"""Each line is one JSON object.

Agents and stores read a log line by line. A line that is cut off, contains two objects, or is an array or a bare value
cannot be parsed there: its level, time and ids are lost, and queries with `| json` return an error instead.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.logs.helpers.blocks import HALVES, blocks
from suites.logs.helpers.judge import Seen, Tally, lines_of, require, where

LINE = '{"level":"info","ts":1795500000.5,"msg":"ready"}\n'


@rule(
    Good(LINE + LINE),
    # A program whose log is the journal's export, as its declared format says.
    Good("format: {message: MESSAGE}\n---\n" + '{"__REALTIME_TIMESTAMP":"1795500000500000","MESSAGE":"ready"}\n'),
    Bad(LINE + '{"level":"info","ms\n' + LINE, "a line ends in the middle of its object (line 2)"),
    Bad('{"a":1}{"b":2}\n', "a line goes on after its object ends at column 7 (line 1)"),
    Bad('{"a":NaN}\n{"a":NaN}\n', "a line contains `NaN`, which is not JSON (2 lines, first line 1)"),
    Bad("[1]\n\n", "a line is an array, not a JSON object (line 1)", "a line is blank (line 2)"),
    Bad(
        '{"log":"{\\"level\\":\\"info\\"}\\n","stream":"stdout","time":"2026-11-24T06:00:00.123456789Z"}\n',
        "a line is a record of Docker's `json-file` log driver, with the service's line under `log` (line 1)",
    ),
    Bad(
        '{"level":"info","m{"level":"info","ts":1795500000.5,"msg":"b"}\nsg":"a"}\n' + LINE,
        "a line is a part of a line, as when two processes write to one file (2 lines, first line 1)",
    ),
    Bad(
        'format: logfmt\n---\nlevel=info msg=level=warn msg=b\n"a c" service=api\n',
        "a line is a part of a line, as when two processes write to one file (2 lines, first line 1)",
    ),
    Bad("{'level': 'info'}\n", "a line is a Python dict, not JSON (line 1)"),
    level=Level.MUST,
    source="https://jsonlines.org/",
)
def check(stream: LogStream) -> Iterator[Finding]:
    # Plain text and events over several lines have rules of their own.
    lines_of(stream)
    require(stream)
    tally: Tally[str] = Tally()
    for block in stream.derived(blocks):
        if block.owner == "broken" and block.first.problem is not None:
            torn = block.name == HALVES
            tally.add(HALVES if torn else block.first.problem.detail, block.first, block.lines if torn else 1)

    def finding(detail: str, seen: Seen) -> Finding:
        hint = "write each event through the JSON encoder, in one write with one line feed at its end"
        if "a record of" in detail:
            hint = (
                "let the agent unwrap the records (its stages `docker` or `json` with `output`), or read the lines "
                "where the service writes them"
            )
        if "middle" in detail or detail == HALVES:
            hint += "; flush and close the log before the process exits, and let only one process write to a file"
        return Finding(f"a line {detail} ({seen})", where(seen.first), hint)

    if not len(tally) and all(line.problem is not None for line in stream.lines):
        raise NotApplicable("no line is an object; what they are instead is told by other rules")
    yield from tally.findings(finding)
