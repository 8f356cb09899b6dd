"""Every act that matters for security leaves its line in the audit log.

Who signed in, who was refused, who changed an account and who took lines along is asked when it is too late to begin
writing it down.
"""

from collections.abc import Iterator

from stack.records.console.audit import ConsoleAudit
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("acts: [{what: a sign-in, event: authn_login_success, audited: true}]"),
    Bad(
        "acts: [{what: an export of lines, event: sensitive_read, audited: false}]",
        "an export of lines leaves no line `sensitive_read` in the audit log",
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Logging_Vocabulary_Cheat_Sheet.html",
)
def check(audit: ConsoleAudit) -> Iterator[Finding]:
    for act in audit.acts:
        if not act.audited:
            yield Finding(
                f"{act.what} leaves no line `{act.event}` in the audit log",
                hint="write the line before the request is answered, with the id of the request",
            )
