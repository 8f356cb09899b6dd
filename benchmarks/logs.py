"""Log lines: this suite's validator beside plain jsonschema, and the cost of all log rules.

The lines are generated from a fixed seed: zap production lines of about 250 bytes, one in fifty of which breaks the
schema.
"""

import json
import random
from collections.abc import Iterator

import jsonschema
import orjson

from benchmarks.table import Row, best_of
from stack.records.logs.format import FORMATS
from stack.records.logs.line import split_lines
from stack.records.logs.stream import LogStream, SentRequest
from suites.core.discovery import rules
from suites.core.rule import NotApplicable, Rule
from suites.logs.helpers.validate import validator

LINES = 100_000
START = 1_795_500_000.0


def measure() -> Iterator[Row]:
    """Verdicts on the same lines by plain jsonschema and by us; then everything that the log rules do with them."""
    raw = lines()
    plain = jsonschema.Draft202012Validator(FORMATS["zap"].schema)
    fast = validator("zap")
    ours = [fast.valid(orjson.loads(line)) for line in raw]
    theirs = [plain.is_valid(json.loads(line)) for line in raw]
    if ours != theirs:
        raise AssertionError(f"{sum(a != b for a, b in zip(ours, theirs, strict=True))} verdicts differ")
    values = [json.loads(line) for line in raw]
    slow = best_of(1, lambda: [plain.is_valid(value) for value in values])
    yield Row(
        f"log lines: {LINES:,} schema verdicts",
        best_of(3, lambda: [fast.valid(value) for value in values]),
        slow,
        "jsonschema",
        1 / 20,
    )
    yield Row(
        f"log lines: {LINES:,} parsed and validated",
        best_of(3, lambda: [fast.valid(orjson.loads(line)) for line in raw]),
        best_of(1, lambda: [plain.is_valid(json.loads(line)) for line in raw]),
        "json and jsonschema",
        1 / 20,
    )
    data = b"\n".join(raw) + b"\n"
    judged = [rule for rule in rules().values() if rule.record is LogStream]
    yield Row(
        f"log lines: {LINES:,} read, parsed, judged by all {len(judged)} rules",
        best_of(1, lambda: judge(data, judged)),
        slow,
        "jsonschema's verdicts alone",
        1,
    )


def lines(count: int = LINES, seed: int = 1) -> list[bytes]:
    """Log lines as zap's production encoder writes them; every fiftieth lacks its message or has a wrong type."""
    chance = random.Random(seed)  # noqa: S311  # the same lines each time, not a secret
    made = []
    for number in range(count):
        line = {
            "level": chance.choice(["info", "info", "info", "warn", "debug"]),
            "ts": START + number / 1000 + chance.random() / 1e4,
            "caller": f"server/http.go:{chance.randint(1, 900)}",
            "msg": chance.choice(["request handled", "upstream answered", "cache miss"]),
            "service": "api-gateway",
            "request_id": f"{chance.getrandbits(128):032x}",
            "method": "GET",
            "route": "/api/v1/jobs/{id}",
            "status": chance.choice([200, 200, 204, 404]),
            "duration_seconds": chance.random(),
        }
        if number % 50 == 0:
            line |= {"ts": None} if number % 100 else {"msg": 7}
        made.append(json.dumps(line, separators=(",", ":")).encode())
    return made


def judge(data: bytes, judged: list[Rule]) -> int:
    """Read a log and judge it by all rules; returns the number of findings."""
    stream = LogStream(
        raw_lines=tuple(split_lines(data)),
        service="api-gateway",
        format="zap",
        emitted_from=START,
        emitted_to=START + LINES / 1000,
        requests=tuple(SentRequest(f"{number:032x}", "GET", "/api/v1/jobs/1", 200) for number in range(100)),
    )
    return sum(findings(rule, stream) for rule in judged)


def findings(rule: Rule, stream: LogStream) -> int:
    """The number of findings of one rule."""
    try:
        return sum(1 for _ in rule.judge(stream))
    except NotApplicable:
        return 0
