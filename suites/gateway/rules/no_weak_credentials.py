"""The gateway accepts no default or weak credentials.

Bots try `admin`/`admin` and similar pairs on every public address within hours.
"""

from collections.abc import Iterator

from stack.records.live.gateway_trial import GatewayTrial
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule


@rule(
    Good("{url: 'http://g', routes: [{path: /prometheus/, status: 401}], tried: ['admin:admin']}"),
    Bad(
        "{url: 'http://g', routes: [{path: /loki/, status: 401}], tried: ['admin:admin'], accepted: ['admin:admin']}",
        "the gateway accepts the user `admin` with a password that is easily guessed",
    ),
    Unjudged(
        "{url: 'http://g', routes: [{path: /loki/, status: 403}], tried: ['admin:admin']}",
        NotCollected("`/loki/` answers 403 and asks for no credentials"),
    ),
    Unjudged(
        "{url: 'http://g', routes: [{path: /loki/, status: 401}], unread: 16}",
        NotCollected("no guessed password was looked at: each is answered with 429"),
    ),
    level=Level.MUST,
    source="https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/04-Authentication_Testing/02-Testing_for_Default_Credentials",
)
def check(gateway: GatewayTrial) -> Iterator[Finding]:
    if gateway.unread and not gateway.tried:
        raise NotCollected("no guessed password was looked at: each is answered with 429")
    if not gateway.tried:
        raise NotApplicable("no passwords are guessed unless the target file says `guess_passwords: true`")
    if not all(route.denied for route in gateway.routes[:1]):
        raise NotApplicable("the gateway does not require credentials, see `gateway/unauthenticated-access-denied`")
    for user in dict.fromkeys(pair.partition(":")[0] for pair in gateway.accepted):
        yield Finding(
            f"the gateway accepts the user `{user}` with a password that is easily guessed",
            Where(url=gateway.url),
            hint="set GATEWAY_PASSWORD to a long random value (`openssl rand -base64 24`), and check any further users",
        )
    if not gateway.accepted and gateway.routes and gateway.routes[0].status == 403:
        raise NotCollected(f"`{gateway.routes[0].path}` answers 403 and asks for no credentials")
