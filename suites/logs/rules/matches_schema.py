"""Each line matches the schema of its declared format.

Pipelines, dashboards and alerts read keys by name and type. A line without its `msg`, or with a number where text
is due, is delivered and then missing from every query that was built for the format.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.logs.helpers.judge import Tally, records_of, where
from suites.logs.helpers.validate import validator

GOOD = '{"level":"info","ts":1795500000.5,"msg":"ready","caller":"api/main.go:7"}\n'


@rule(
    Good("format: zap\n---\n" + GOOD),
    Good('format: ecs\n---\n{"@timestamp":"2026-11-24","log":{"level":"info"},"message":"m","ecs.version":"8.1"}\n'),
    Bad(
        "format: zap\n---\n" + GOOD + '{"level":"info","ts":1795500000.5}\n{"level":"info","ts":1795500000.6}\n',
        "key `msg` is missing (2 lines, first line 2)",
    ),
    Bad(
        'format: zap\n---\n{"level":"info","ts":null,"msg":"ready","caller":"main"}\n',
        "key `ts` is null, not a number or a string: `null` (line 1)",
        "key `caller` does not match `^(undefined|.*:[0-9]+)`: `main` (line 1)",
    ),
    Bad(
        'format: ecs\n---\n{"@timestamp":"2026-11-24T06:00:00Z","message":"m","ecs.version":"8.11"}\n',
        "key `log.level` is missing (line 1)",
    ),
    level=Level.MUST,
    source="https://pkg.go.dev/go.uber.org/zap#NewProductionEncoderConfig",
)
def check(stream: LogStream) -> Iterator[Finding]:
    if stream.format is None:
        raise NotApplicable("the service declares no log format")
    schema = validator(stream.format)
    explained: dict[object, list[str]] = {}
    tally: Tally[str] = Tally()
    for line, _ in records_of(stream):
        if line.value is None or schema.valid(line.value):
            continue
        kind = schema.kind_of_failure(line.value)
        if kind not in explained:
            explained[kind] = [str(breach) for breach in schema.explain(line.value)]
        for breach in explained[kind]:
            tally.add(breach, line)
    hint = f"write it as in `schemas/logs/{stream.format}.schema.json`, or declare the format the service really has"
    yield from tally.findings(lambda breach, seen: Finding(f"{breach} ({seen})", where(seen.first), hint))
