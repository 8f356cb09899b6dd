"""Wrong passwords lock an account for a while, and the answer says for how long.

Without a limit a list of common passwords is tried in minutes; a limit that the right password passes is none.
"""

from collections.abc import Iterator

from stack.records.console.sessions import ConsoleSignIns
from suites.console.helpers.sessions import looked_at
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotCollected, Unjudged, rule


@rule(
    Good(
        "known: {status: 401}\nunknown: {status: 401}\nthen_right: {status: 429}\n"
        "in_a_row: [{status: 401}, {status: 401}, {status: 429, retry_after: '60'}]"
    ),
    Bad(
        "known: {status: 401}\nunknown: {status: 401}\nthen_right: {status: 201}\n"
        "in_a_row: [{status: 401}, {status: 401}]",
        "2 wrong passwords in a row are all answered with 401",
    ),
    Bad(
        "known: {status: 401}\nunknown: {status: 401}\nthen_right: {status: 201}\n"
        "in_a_row: [{status: 401}, {status: 429}]",
        "the refusal does not say when to try again (`Retry-After`)",
        "the right password is taken while the account is locked",
    ),
    Unjudged(
        "known: {status: 429}\nunknown: {status: 429}\nthen_right: {status: 429}\n"
        "in_a_row: [{status: 429, retry_after: '60'}]",
        NotCollected(
            "a wrong password was not looked at: answered with 429; try again when neither the account nor this "
            "address is locked"
        ),
    ),
    Unjudged(
        "known: {status: 401}\nunknown: {status: 401}\nthen_right: {status: 502}\n"
        "in_a_row: [{status: 401}, {status: 502}]",
        NotCollected("a wrong password was not looked at: answered with 502"),
    ),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Authentication_Cheat_Sheet.html#account-lockout",
)
def check(sign_ins: ConsoleSignIns) -> Iterator[Finding]:
    if not sign_ins.in_a_row or sign_ins.then_right is None:
        raise NotCollected("no wrong passwords were tried in a row")
    looked_at(sign_ins.in_a_row[0])
    last = sign_ins.in_a_row[-1]
    hint = "count failures by account and by address, and answer 429 with Retry-After to further ones"
    if last.status != 429:
        looked_at(last)
        statuses = ", ".join(map(str, sorted({one.status for one in sign_ins.in_a_row})))
        yield Finding(f"{len(sign_ins.in_a_row)} wrong passwords in a row are all answered with {statuses}", hint=hint)
        return
    if not last.retry_after:
        yield Finding("the refusal does not say when to try again (`Retry-After`)", hint=hint)
    if sign_ins.then_right.status < 400:
        yield Finding("the right password is taken while the account is locked", hint=hint)
