"""The gateway accepts no default or weak credentials.

`admin`/`admin` and its like are tried against every address of the internet within hours.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.live.gateway_trial import GatewayTrial
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{url: 'http://g', doors: [{path: /prometheus/, status: 401}], tried: ['admin:admin']}"),
    Bad(
        "{url: 'http://g', doors: [{path: /loki/, status: 401}], tried: ['admin:admin'], accepted: ['admin:admin']}",
        "the gateway lets `admin` in with a password that anybody would try",
    ),
    level=Level.MUST,
    source="https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/04-Authentication_Testing/02-Testing_for_Default_Credentials",
)
def check(gateway: GatewayTrial) -> Iterator[Finding]:
    if not all(door.closed for door in gateway.doors[:1]):
        raise NotApplicable("the gateway asks for no credentials: see `gateway/unauthenticated-access-denied`")
    for user in dict.fromkeys(pair.partition(":")[0] for pair in gateway.accepted):
        yield Finding(
            f"the gateway lets `{user}` in with a password that anybody would try",
            Where(url=gateway.url),
            hint="set GATEWAY_PASSWORD to something long and random (`openssl rand -base64 24`); mind further users",
        )
