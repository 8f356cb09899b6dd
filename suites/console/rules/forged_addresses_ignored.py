"""The address of a client is what the gateway saw, whatever headers the client sends.

Limits count by address, and the audit log names it: a client that chooses its own escapes the first and misleads the
second.
"""

from collections.abc import Iterator

from stack.records.console.requests import ConsoleAddresses
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, rule


@rule(
    Good("{forged: 203.0.113.9, headers: [X-Forwarded-For], audited: 127.0.0.1}"),
    Bad(
        "{forged: 203.0.113.9, headers: [X-Forwarded-For, X-Real-IP], audited: 203.0.113.9}",
        "the audit log has the address that the client made up in X-Forwarded-For, X-Real-IP",
    ),
    Bad(
        "{forged: 203.0.113.9, headers: [X-Forwarded-For], audited: '203.0.113.9, 127.0.0.1'}",
        "the audit log has the address that the client made up in X-Forwarded-For",
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#event-attributes",
)
def check(addresses: ConsoleAddresses) -> Iterator[Finding]:
    if not addresses.audited:
        raise NotCollected("the audit log has no address of the request with forged headers")
    if addresses.forged in addresses.audited:
        yield Finding(
            f"the audit log has the address that the client made up in {', '.join(addresses.headers)}",
            hint="believe one header, from the gateway's own address only (CONSOLE_TRUSTED_PROXIES)",
        )
