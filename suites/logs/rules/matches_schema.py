"""Each line matches the schema of its declared format.

Pipelines, dashboards and alerts read keys by name and type. A line without its `msg`, or with a number where text
is due, is delivered and then missing from every query that was built for the format.
"""

from collections.abc import Iterator

from stack.records.logs.stream import LogStream
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule
from suites.logs.helpers.judge import Tally, records_of, require, where
from suites.logs.helpers.proposal import looks_like
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
        "key `ts` is null, not a string or a number: `null` (line 1)",
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
    require(stream)
    form = stream.format
    schema = validator(form)
    explained: dict[object, list[str]] = {}
    tally: Tally[str] = Tally()
    for line, _ in records_of(stream):
        value = line.value
        if value is None or schema.valid(value):
            continue
        kind = schema.kind_of_failure(value)
        if kind not in explained:
            explained[kind] = [str(breach) for breach in schema.explain(value)]
        for breach in explained[kind]:
            tally.add(breach, line)
    where_it_is = "`logs.format` of its `service.yaml`" if form.name == "own" else f"`schemas/logs/{form.name}.yaml`"
    hint = f"write it as in {where_it_is}, or declare the format the service really has"
    if len(tally) and (proposal := stream.derived(looks_like)):
        hint = f"{proposal}; or {hint}"
    yield from tally.findings(lambda breach, seen: Finding(f"{breach} ({seen})", where(seen.first), hint))
