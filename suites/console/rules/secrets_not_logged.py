"""Passwords, session ids and tokens stand in no line that the console logs.

Logs are read by more people than may sign in, and are kept for longer than any session lives.
"""

from collections.abc import Iterator

from stack.records.console.sessions import ConsoleSecrets
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("lines: 200\nsearched: [password, session, token]"),
    Bad(
        "lines: 200\nsearched: [password]\nleaks: [{kind: password, where: console.log}]",
        "a password that the console was given stands in console.log",
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#data-to-exclude",
)
def check(secrets: ConsoleSecrets) -> Iterator[Finding]:
    for leak in secrets.leaks:
        yield Finding(
            f"a {leak.kind} that the console was given stands in {leak.where}",
            Where(file=leak.where),
            hint="log the route and the account, never headers, query or body",
        )
