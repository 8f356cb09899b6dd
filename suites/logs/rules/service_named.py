"""Each line names its service.

Lines of many services meet in one store. One that names no service, or another than the catalog, cannot be assigned:
its label `service` is missing or wrong, and its owner's dashboard stays empty.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.logs.helpers.judge import Seen, Tally, quoted, records_of, where


@rule(
    Good('service: auth\n---\n{"ts":1795500000,"msg":"m","service":"auth"}\n'),
    Good('service: auth\n---\n{"@timestamp":"2026-11-24T06:00:00Z","service":{"name":"auth"}}\n'),
    Bad(
        'service: auth\n---\n{"ts":1795500000,"msg":"m"}\n{"ts":1795500001,"msg":"m","service":"Auth"}\n',
        "key `service` is missing (line 1)",
        "key `service` is `Auth`, the catalog names the service `auth` (line 2)",
    ),
    level=Level.MUST,
    convention=True,
    source="https://www.elastic.co/guide/en/ecs/current/ecs-service.html",
)
def check(stream: LogStream) -> Iterator[Finding]:
    if not stream.service:
        raise NotApplicable("no catalog says how the service is named in its lines")
    tally: Tally[tuple[str, str | None]] = Tally()
    for line, record in records_of(stream, "service"):
        if record.service != stream.service:
            named = None if record.service is None else quoted(record.service)
            tally.add((record.format.service[0], named), line)

    def finding(cause: tuple[str, str | None], seen: Seen) -> Finding:
        key, named = cause
        what = f"is {named}, the catalog names the service `{stream.service}`" if named else "is missing"
        hint = f"bind `{key}` = `{stream.service}` to the root logger, so that every line carries it"
        return Finding(f"key `{key}` {what} ({seen})", where(seen.first), hint)

    yield from tally.findings(finding)
