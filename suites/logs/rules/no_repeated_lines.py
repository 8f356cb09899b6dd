"""No line is written twice.

The same bytes with the same sub-second time are one event that two handlers wrote, or one line read twice. Counts and
rates from logs are then wrong by a factor, which is not even constant, because Loki drops some of the copies.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from stack.records.logs.stream import LogStream
from stack.records.logs.time_stamps import NS
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule
from suites.logs.helpers.judge import Tally, quoted, records_of, where

LINE = '{"level":"info","ts":1795500000.123,"msg":"ready"}\n'


@rule(
    Good(LINE + LINE.replace("123", "124") + '{"ts":1,"msg":"tick"}\n{"ts":1,"msg":"tick"}\n'),
    Bad(
        LINE + LINE.replace("ready", "go") + LINE + LINE,
        "line `ready` is written again, byte for byte (2 lines, first line 3)",
    ),
    Unjudged(
        '{"ts":1795500000,"msg":"tick"}\n{"ts":1795500000,"msg":"tick"}\n',
        NotApplicable("times are too coarse to tell a copy"),
    ),
    Unjudged(
        "stored: true\n---\n" + LINE, NotApplicable("only the stored lines are known, and the store drops copies")
    ),
    level=Level.SHOULD,
    source="https://docs.python.org/3/library/logging.html#logging.Logger.propagate",
)
def check(stream: LogStream) -> Iterator[Finding]:
    tally: Tally[str] = Tally()
    seen: Counter[bytes] = Counter()
    # Only times with a fraction: within one whole second events may truly be alike.
    times = sorted(record.time_ns for _, record in records_of(stream, "time") if record.time_ns and record.time_ns % NS)
    twice = {time for time, following in pairwise(times) if time == following}  # nearly always none: lines are long
    for line, record in records_of(stream):
        if record.time_ns not in twice:
            continue
        seen[line.raw] += 1
        if seen[line.raw] > 1:
            tally.add(quoted(record.message), line)
    if not times:
        raise NotApplicable("times are too coarse to tell a copy")
    if stream.stored and not len(tally):
        raise NotApplicable("only the stored lines are known, and the store drops copies")
    yield from tally.findings(
        lambda message, seen: Finding(
            f"line {message} is written again, byte for byte ({seen})",
            where(seen.first),
            "attach the handler to the root logger alone, or set `propagate = False` on the logger that has its own",
        )
    )
