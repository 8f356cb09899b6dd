"""Every documented command for the gateway and the console is answered, with something in the answer.

The commands of a quick start are the first thing that a new user types. One that is refused, that a server cannot read,
or that selects by a label that no stream has, teaches that the platform does not work.
"""

from collections.abc import Iterator

from stack.records.console.commands import ConsoleCommands
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, rule

COMMAND = "executed:\n  - {text: curl http://localhost:4080/loki/api/v1/labels, file: README.md, line: 9, "


@rule(
    Good(f"{COMMAND}status: 200, lines: 5}}"),
    Bad(
        f"{COMMAND}status: 401}}",
        "`curl http://localhost:4080/loki/api/v1/labels` is answered with 401",
    ),
    Bad(
        f"{COMMAND}status: 200, lines: 0}}",
        "`curl http://localhost:4080/loki/api/v1/labels` is answered with nothing",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/reference/loki-http-api/#query-logs-within-a-range-of-time",
)
def check(commands: ConsoleCommands) -> Iterator[Finding]:
    for one in commands.executed:
        where = Where(file=one.file, line=one.line)
        if one.status != 200:
            hint = "document credentials, path and parameters as the stack takes them, or repair the stack"
            yield Finding(f"`{one.text}` is answered with {one.status}", where, hint)
        elif not one.lines:
            hint = "document a query for something that every stack has: a label that streams carry, a range with lines"
            yield Finding(f"`{one.text}` is answered with nothing", where, hint)
    if commands.unasked:
        first = commands.unasked[0]
        raise NotCollected(
            f"{len(commands.unasked)} commands cannot be executed here, first `{first.text}`: {first.why}"
        )
