"""Log lines: this suite's validator beside plain jsonschema, and the cost of all log rules.

The lines are generated from a fixed seed: zap production lines of about 250 bytes, one in fifty of which breaks the
schema.
"""

import contextlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import orjson

from benchmarks.table import Row, cpu_of, in_turn, peak_memory
from stack.records.logs.format import FORMATS
from stack.records.logs.reader import read_log
from stack.records.logs.stream import LogStream, SentRequest
from suites.core.discovery import rules
from suites.core.rule import NotApplicable
from suites.logs.helpers.validate import validator

LINES = 200_000
SOME = 20_000
"""Lines that plain jsonschema gets: it would take minutes for all."""
START = 1_795_500_000.0
SECONDS, MEGABYTES = 12.0, 250.0
ROOT = Path(__file__).resolve().parents[1]


def measure() -> Iterator[Row]:
    """Verdicts on the same lines by plain jsonschema and by us; then everything that the log rules do with a log."""
    raw = lines(SOME)
    plain = jsonschema.Draft202012Validator(FORMATS["zap"].schema)
    fast = validator(FORMATS["zap"])
    ours = [fast.valid(orjson.loads(line)) for line in raw]
    theirs = [plain.is_valid(json.loads(line)) for line in raw]
    if ours != theirs:
        raise AssertionError(f"{sum(a != b for a, b in zip(ours, theirs, strict=True))} verdicts differ")
    values = [json.loads(line) for line in raw]
    verdicts, parsed, slow, slow_parsed = in_turn(
        lambda: cpu_of(lambda: [fast.valid(value) for value in values]),
        lambda: cpu_of(lambda: [fast.valid(orjson.loads(line)) for line in raw]),
        lambda: cpu_of(lambda: [plain.is_valid(value) for value in values]),
        lambda: cpu_of(lambda: [plain.is_valid(json.loads(line)) for line in raw]),
    )
    yield Row(f"log lines: {SOME:,} schema verdicts", verdicts, slow, "jsonschema", 1 / 20)
    yield Row(f"log lines: {SOME:,} parsed and validated", parsed, slow_parsed, "json and jsonschema", 1 / 20)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "api-gateway.log"
        path.write_bytes(b"\n".join(lines()) + b"\n")
        command = [sys.executable, "-m", "benchmarks.logs", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=900)
    seconds, megabytes, count = map(float, done.stdout.split())
    what = f"log lines: {LINES:,} read from a file and judged by all {count:.0f} rules, the whole process"
    yield Row(what, seconds, slow_parsed * LINES / SOME, f"{LINES // SOME} × json and jsonschema for {SOME:,}", 1)
    yield Row(what, seconds, SECONDS, "the promise", 1)
    yield Row(f"{what}: peak memory", megabytes, MEGABYTES, "the promise", 1, unit="MB")


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


def judge(path: Path) -> int:
    """Read a log file and judge it by all rules; returns the number of rules."""
    judged = [rule for rule in rules().values() if rule.record is LogStream]
    stream = LogStream(
        raw_lines=read_log([path]).lines,
        service="api-gateway",
        format=FORMATS["zap"],
        emitted_from=START,
        emitted_to=START + LINES / 1000,
        requests=tuple(SentRequest(f"{number:032x}", "GET", "/api/v1/jobs/1", 200) for number in range(100)),
    )
    for rule in judged:
        with contextlib.suppress(NotApplicable):
            list(rule.judge(stream))
    return len(judged)


if __name__ == "__main__":
    number = judge(Path(sys.argv[1]))
    print(time.process_time(), peak_memory() / 1e6, number)
