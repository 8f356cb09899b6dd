"""Every answer has a Content Security Policy that runs no script but the console's own files.

Log lines are text from anywhere. Where one of them becomes markup by mistake, the policy is what keeps it from running.
"""

from collections.abc import Iterator

from stack.records.console.requests import Answer, ConsoleHeaders
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

OWN = ("'self'", "'none'", "'report-sample'")
NAMED_ONE_BY_ONE = ("'nonce-", "'sha256-", "'sha384-", "'sha512-")
"""Beginnings of sources that allow one piece of text each."""


@rule(
    Good(
        "answers: [{request: GET /console/, status: 200, headers: "
        "{content-security-policy: \"default-src 'none'; script-src 'self'; frame-ancestors 'none'\"}}]"
    ),
    Bad(
        "answers: [{request: GET /a, status: 200}, {request: GET /b, status: 200, headers: "
        "{content-security-policy: \"default-src 'self'; script-src 'self' 'unsafe-inline' https://cdn.example\"}}]",
        "the answer to `GET /a` has no Content-Security-Policy",
        "the policy of `GET /b` lets scripts come from `'unsafe-inline'`",
        "the policy of `GET /b` lets scripts come from `https://cdn.example`",
        "the policy of `GET /b` does not say who may frame the page (`frame-ancestors`)",
    ),
    Bad(
        "answers: [{request: GET /c, status: 200, headers: "
        "{content-security-policy: \"default-src 'none'; script-src *; script-src 'self'; frame-ancestors 'none'\"}}]",
        "the policy of `GET /c` lets scripts come from `*`",
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Content_Security_Policy_Cheat_Sheet.html",
)
def check(headers: ConsoleHeaders) -> Iterator[Finding]:
    for answer in headers.answers:
        for problem in _problems(answer):
            yield Finding(
                problem,
                Where(url=answer.request.partition(" ")[2]),
                hint="send \"default-src 'none'; script-src 'self'; …; frame-ancestors 'none'\" with every answer",
            )


def _problems(answer: Answer) -> Iterator[str]:
    policy = answer.headers.get("content-security-policy", "")
    if not policy:
        yield f"the answer to `{answer.request}` has no Content-Security-Policy"
        return
    directives = dict[str, list[str]]()
    for name, *sources in (part.split() for part in policy.split(";") if part.strip()):
        directives.setdefault(name.lower(), sources)  # of two of one name, browsers read the first
    for kind in ("script-src", "style-src", "object-src"):
        for source in directives.get(kind, directives.get("default-src", ["*"])):
            if source.lower() not in OWN and not source.lower().startswith(NAMED_ONE_BY_ONE):
                yield f"the policy of `{answer.request}` lets {_CALLED[kind]} come from `{source}`"
    if "frame-ancestors" not in directives:
        yield f"the policy of `{answer.request}` does not say who may frame the page (`frame-ancestors`)"


_CALLED = {"script-src": "scripts", "style-src": "styles", "object-src": "plug-ins"}
