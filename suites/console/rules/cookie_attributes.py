"""The cookie of a session is out of reach of scripts, of other sites, and of networks without TLS.

`HttpOnly` keeps a script that got into a page from taking the session along, `SameSite=Strict` other sites from using
it, `Secure` and the prefix `__Host-` networks and neighbouring hosts from reading or planting it.
"""

from collections.abc import Iterator

from stack.records.console.sessions import ConsoleSession
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, rule


@rule(
    Good("cookie: console=…; HttpOnly; Max-Age=43200; Path=/; SameSite=strict"),
    Good("https: true\ncookie: __Host-console=…; HttpOnly; Path=/; SameSite=strict; Secure"),
    Bad(
        "cookie: console=…; Path=/; SameSite=lax; Domain=example.com",
        "the cookie has no `HttpOnly`",
        "the cookie has `SameSite=lax` instead of `SameSite=Strict`",
        "the cookie has a `Domain`: every host below it gets the session",
    ),
    Bad(
        "https: true\ncookie: console=…; HttpOnly; Path=/; SameSite=Strict",
        "the cookie has no `Secure`, though the console is reached by TLS",
        "the cookie's name does not begin with `__Host-`, though the console is reached by TLS",
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html#cookies",
)
def check(session: ConsoleSession) -> Iterator[Finding]:
    if session.signed_in >= 400 and not session.cookie:
        raise NotCollected(f"nobody could sign in: the session is answered with {session.signed_in}")
    if not session.cookie:
        raise NotApplicable("the console set no cookie at sign-in")
    for problem in _problems(session.cookie, session.https):
        yield Finding(
            problem, hint="set the cookie with HttpOnly; SameSite=Strict; Path=/ and with TLS Secure, __Host-"
        )


def _problems(cookie: str, https: bool) -> Iterator[str]:
    named, *parts = (part.strip() for part in cookie.split(";"))
    attributes = {key.strip().lower(): value.strip() for key, _, value in (part.partition("=") for part in parts)}
    if "httponly" not in attributes:
        yield "the cookie has no `HttpOnly`"
    if (site := attributes.get("samesite", "")).lower() != "strict":
        yield f"the cookie has `SameSite={site}` instead of `SameSite=Strict`"
    if attributes.get("path") != "/":
        yield "the cookie has no `Path=/`"
    if "domain" in attributes:
        yield "the cookie has a `Domain`: every host below it gets the session"
    if https and "secure" not in attributes:
        yield "the cookie has no `Secure`, though the console is reached by TLS"
    if https and not named.startswith("__Host-"):
        yield "the cookie's name does not begin with `__Host-`, though the console is reached by TLS"
