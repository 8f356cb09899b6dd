"""Text from a client never becomes a part of a query.

A quote in a search text that ends the text of a LogQL query reads the logs of everybody, or at best breaks the search
for whoever looks for a quote.
"""

from collections.abc import Iterator

from stack.records.console.access import UNREAD, ConsoleQueries, Shown
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule

EXPRESSIONS = frozenset({"regex", "not_regex", "query"})
"""Parameters that are expressions themselves: one that cannot be read is refused with 400."""


@rule(
    Good(
        "allowed: [a]\n"
        "sent: [{request: GET /l, parameter: contains, text: '\"}', services: [a], expected: 1, found: 1}]"
    ),
    Good("allowed: [a]\nsent: [{request: GET /l, parameter: regex, text: '(', services: [], status: 400}]"),
    Bad(
        "allowed: [a]\nsent: [{request: GET /l, parameter: contains, text: '\"} or {', services: [a, b]}, "
        "{request: GET /l, parameter: also, text: '\"}', services: [], status: 400, detail: parse error}, "
        "{request: GET /l, parameter: instance, text: '\\', services: [], status: 502}, "
        "{request: GET /l, parameter: contains, text: '\\d', services: [], expected: 1, found: 0}]",
        "`contains` of `GET /l` with '\"} or {' shows lines or series of `b`",
        "`also` of `GET /l` with '\"}' is read as part of a query: 400 parse error",
        "`instance` of `GET /l` with '\\\\' breaks the request: 502",
        "`contains` of `GET /l` with '\\\\d' finds 0 lines, and 1 hold it",
    ),
    Unjudged(
        "allowed: [a]\nsent: [{request: GET /l, parameter: contains, text: '\"}', services: [], status: 429}]",
        NotCollected("no text was looked at: every request is answered with 429"),
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Injection_Prevention_Cheat_Sheet.html",
)
def check(queries: ConsoleQueries) -> Iterator[Finding]:
    for sent in queries.sent:
        for problem in _problems(sent, queries.allowed):
            yield Finding(
                f"`{sent.parameter}` of `{sent.request}` with {sent.text!r} {problem}",
                Where(url=sent.request.partition(" ")[2]),
                hint="put every text of a client into a query in one place, quoted with the escapes of that language, "
                "as stack/console/upstream/logql.py does",
            )
    if queries.sent and all(sent.status in UNREAD for sent in queries.sent):
        raise NotCollected(f"no text was looked at: every request is answered with {queries.sent[0].status}")


def _problems(sent: Shown, allowed: tuple[str, ...]) -> Iterator[str]:
    outside = [service for service in sent.services if service not in allowed]
    if outside:
        yield f"shows lines or series of `{', '.join(outside)}`"
    elif sent.status == 400 and sent.parameter not in EXPRESSIONS:
        yield f"is read as part of a query: 400 {sent.detail}".rstrip()
    elif sent.status in (500, 502):
        yield f"breaks the request: {sent.status} {sent.detail}".rstrip()
    elif sent.status not in UNREAD and sent.expected is not None and sent.found != sent.expected:
        yield f"finds {sent.found} lines, and {sent.expected} hold it"
