"""Every line of the audit log arrives in the log store.

Whoever owns the console's host can rewrite its files; the copy that left it is what proves that.
"""

from collections.abc import Iterator

from stack.records.console.audit import ConsoleAudit
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, rule


@rule(
    Good("acts: [{what: a sign-in, event: authn_login_success, audited: true, stored: true}]"),
    Bad(
        "acts: [{what: a sign-in, event: authn_login_success, audited: true, stored: false}]",
        "the line `authn_login_success` about a sign-in did not arrive in the log store",
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#protection",
)
def check(audit: ConsoleAudit) -> Iterator[Finding]:
    written = [act for act in audit.acts if act.audited]
    if audit.acts and not written:
        raise NotCollected("no act left a line that could arrive, see `console/acts-are-audited`")
    if written and all(act.stored is None for act in written):
        raise NotCollected(audit.no_store or "the log store was not asked for the audit log")
    for act in written:
        if act.stored is False:
            yield Finding(
                f"the line `{act.event}` about {act.what} did not arrive in the log store",
                hint="let the log agent read the folder CONSOLE_LOG_DIR",
            )
