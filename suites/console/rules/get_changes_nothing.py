"""No account and no token changes by GET.

A browser sends GET for every link, picture and preview, with the cookie and without asking: no check of the origin can
protect a change that hangs on one.
"""

from collections.abc import Iterator

from stack.records.console.requests import ConsoleReads
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("asked: 30"),
    Bad("{asked: 30, changed: [the accounts]}", "the accounts changed while every endpoint was asked by GET"),
    level=Level.MUST,
    source="https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1",
)
def check(reads: ConsoleReads) -> Iterator[Finding]:
    for what in reads.changed:
        yield Finding(
            f"{what} changed while every endpoint was asked by GET",
            hint="let changes be made by POST, PUT, PATCH and DELETE only",
        )
