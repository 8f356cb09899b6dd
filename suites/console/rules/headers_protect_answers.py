"""Every answer has the headers that keep browsers from guessing its type, framing it, and telling its address.

An exported log that a browser takes for a page, a console in the frame of another site, and an address with a search
text in the logs of the next site are each prevented by one line.
"""

from collections.abc import Iterator

from stack.records.console.requests import ConsoleHeaders
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

WANTED = {
    "x-content-type-options": ("nosniff",),
    "x-frame-options": ("deny", "sameorigin"),
    "referrer-policy": ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"),
}


@rule(
    Good(
        "answers: [{request: GET /a, status: 200, headers: "
        "{x-content-type-options: nosniff, x-frame-options: DENY, referrer-policy: no-referrer}}]"
    ),
    Bad(
        "answers: [{request: GET /a, status: 200, headers: {x-frame-options: ALLOWALL, referrer-policy: no-referrer}}]",
        "the answer to `GET /a` has no `x-content-type-options`",
        "the answer to `GET /a` has `x-frame-options: ALLOWALL`",
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html",
)
def check(headers: ConsoleHeaders) -> Iterator[Finding]:
    for answer in headers.answers:
        for name, allowed in WANTED.items():
            value = answer.headers.get(name)
            if value is None or value.lower() not in allowed:
                has = f"no `{name}`" if value is None else f"`{name}: {value}`"
                yield Finding(
                    f"the answer to `{answer.request}` has {has}",
                    Where(url=answer.request.partition(" ")[2]),
                    hint=f"send `{name}: {allowed[0]}` with every answer, refusals included",
                )
