"""Logs contain no secrets.

Logs are read by more people than the systems they come from, are kept for days and copied to other places. A token,
key, password or card number in them is leaked and must be replaced at its issuer. The kinds of secrets that are found
are listed in `schemas/secret-kinds.yaml`.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from stack.text.secrets import find_in_lines
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.logs.helpers.judge import Seen, Tally, lines_of, where
from suites.logs.helpers.requests import key_of

AT_ONCE = 10_000
"""Lines that are in memory as text at once."""
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLWEtdGVzdA"


@rule(
    Good('{"ts":1795500000,"msg":"password changed","trace_id":"4111111111111111","token_type":"bearer"}\n'),
    Good('{"ts":1795500000,"msg":"connected to postgres://app:***@db/jobs, password=[REDACTED]"}\n'),
    Bad(
        f'{{"ts":1,"msg":"m","header":{{"auth":"{JWT}"}}}}\n{{"ts":2,"msg":"got {JWT}"}}\n',
        "JSON Web Token in `header.auth` (line 1)",
        "JSON Web Token in `msg` (line 2)",
    ),
    Bad('{"ts":1,"msg":"connect postgres://app:hunter2@db/jobs"}\n', "password in a URL in `msg` (line 1)"),
    Bad("password=hunter2\npaid with 4111 1111 1111 1111\n", "password (line 1)", "card number (line 2)"),
    level=Level.MUST,
    source="https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html#data-to-exclude",
)
def check(stream: LogStream) -> Iterator[Finding]:
    lines = lines_of(stream)
    tally: Tally[tuple[str, str]] = Tally()
    for start in range(0, len(lines), AT_ONCE):
        some = lines[start : start + AT_ONCE]
        for index, secret in find_in_lines([line.text for line in some]):
            key = key_of(some[index], some[index].text[secret.start : secret.end])
            tally.add((secret.kind, key or ""), some[index])

    def finding(cause: tuple[str, str], seen: Seen) -> Finding:
        kind, key = cause
        at = f" in `{key}`" if key else ""
        hint = f"take the {kind} out of what is logged or mask it in the logger, and replace it at its issuer"
        return Finding(f"{kind}{at} ({seen})", where(seen.first), hint)

    yield from tally.findings(finding)
