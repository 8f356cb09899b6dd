"""The chain of the audit log verifies, by its own lines and by what the console says.

A line that was changed, removed or inserted is what the chain exists for; a verification that finds nothing where there
is something is worse than none.
"""

from collections.abc import Iterator

from stack.records.console.audit import ConsoleChain
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{lines: 40, claimed: true}"),
    Bad(
        "{lines: 40, claimed: true, breaks: [line 7 was changed]}",
        "the audit log is broken: line 7 was changed",
        "the console says that its audit log is intact, and it is not",
    ),
    Bad("{lines: 40, claimed: false}", "the console says that its audit log is not intact"),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#protection",
)
def check(chain: ConsoleChain) -> Iterator[Finding]:
    for one in chain.breaks:
        yield Finding(
            f"the audit log is broken: {one}",
            hint="compare it with its copy in the log store; `python -m stack.console audit verify` names the lines",
        )
    if chain.breaks and chain.claimed:
        yield Finding("the console says that its audit log is intact, and it is not")
    elif not chain.breaks and not chain.claimed:
        yield Finding("the console says that its audit log is not intact", hint="see `GET /api/v1/audit/verification`")
