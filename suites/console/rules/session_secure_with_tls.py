"""With TLS a session never goes over a connection without it.

One request over http, by an old bookmark or a link of somebody else's, would show the cookie to the whole network. The
console stands behind a gateway that ends TLS, and has to know from its settings what users see.
"""

from collections.abc import Iterator

from stack.records.console.sessions import ConsoleTls
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("status: 201\ncookie: __Host-console=…; HttpOnly; Path=/; Secure\ntransport: max-age=31536000"),
    Bad(
        "status: 201\ncookie: console=…; HttpOnly; Path=/",
        "the cookie of a session has no `Secure`",
        "the cookie's name does not begin with `__Host-`",
        "the answer has no `Strict-Transport-Security`",
    ),
    Unjudged("status: 502", NotCollected("nobody could sign in: answered with 502")),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html#secure-attribute",
)
def check(signed_in: ConsoleTls) -> Iterator[Finding]:
    if signed_in.status >= 400:
        raise NotCollected(f"nobody could sign in: answered with {signed_in.status}")
    named, *attributes = (part.strip() for part in signed_in.cookie.split(";"))
    hint = "set it where the public address of the console is https, though the gateway speaks http to it"
    if "secure" not in map(str.lower, attributes):
        yield Finding("the cookie of a session has no `Secure`", hint=hint)
    if not named.startswith("__Host-"):
        yield Finding("the cookie's name does not begin with `__Host-`", hint=hint)
    if "max-age=" not in signed_in.transport.lower():
        yield Finding("the answer has no `Strict-Transport-Security`", hint=hint)
