"""No secret can be sent in a URL.

URLs are kept by browsers, proxies and the logs of both: a token that works there will be found there.
"""

from collections.abc import Iterator

from stack.records.console.access import REFUSED
from stack.records.console.sessions import ConsoleUrls
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good("tokens: [{parameter: token, status: 401}]"),
    Bad(
        "tokens: [{parameter: token, status: 401}, {parameter: access_token, status: 200}]\n"
        "parameters: [GET /api/v1/reset password]",
        "a token in the query parameter `access_token` is accepted",
        "the contract has a query parameter for a secret: `GET /api/v1/reset password`",
    ),
    Unjudged(
        "tokens: [{parameter: token, status: 401}, {parameter: access_token, status: 429}]",
        NotCollected("a token in the query parameter `access_token` is answered with 429, which does not refuse it"),
    ),
    level=Level.MUST,
    source="https://www.rfc-editor.org/rfc/rfc6750#section-5.3",
)
def check(urls: ConsoleUrls) -> Iterator[Finding]:
    for one in urls.tokens:
        if one.status < 400:
            yield Finding(
                f"a token in the query parameter `{one.parameter}` is accepted",
                hint="take tokens from the header Authorization only",
            )
    for parameter in urls.parameters:
        yield Finding(
            f"the contract has a query parameter for a secret: `{parameter}`",
            hint="take it in the body of the request",
        )
    if other := [one for one in urls.tokens if one.status >= 400 and one.status not in REFUSED]:
        which, status = other[0].parameter, other[0].status
        raise NotCollected(
            f"a token in the query parameter `{which}` is answered with {status}, which does not refuse it"
        )
