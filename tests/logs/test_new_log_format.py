"""A log format is one file, as the guide says: the catalog, the records and the rules read it from there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

BUNYAN = """{
  "title": "A log line of bunyan",
  "type": "object",
  "required": ["time", "level", "msg"],
  "properties": {"time": {"type": "string"}, "level": {"type": "string"}, "msg": {"type": "string"}},
  "x-log-format": {
    "time": ["time"], "level": ["level"], "message": ["msg"], "service": ["name"], "request_id": ["req_id"],
    "trace_id": ["trace_id"], "span_id": ["span_id"], "logger": ["component"], "error": ["err.message"],
    "stack": ["err.stack"], "levels": ["debug", "info", "warn", "error", "fatal"]
  }
}
"""
SERVICE = """
name: api
system: shop
owner: {team: Shop, contact: shop@example.com}
metrics: {}
logs: {format: bunyan}
"""
PROGRAM = """
from pathlib import Path
from fixtures.catalog import load
from stack.records.logs.stream import LogStream
from suites.core.discovery import rules

(service,) = load(Path("catalog")).services
assert service.logs.format == "bunyan"
good = '{"time":"2026-11-24T06:00:00Z","level":"info","msg":"m","name":"api"}'
bad = '{"time":"yesterday","level":"loud","msg":7,"name":"web"}'
stream = LogStream.parse(f"format: bunyan\\n---\\n{good}\\n{bad}\\n")
for name in ("timestamp-parses", "level-allowed", "matches-schema", "service-named"):
    for finding in rules()[f"logs/{name}"].judge(stream):
        print(finding.message)
"""


def test_a_new_log_format_is_one_file(tmp_path: Path) -> None:
    for part in ("schemas", "stack", "fixtures", "suites"):
        shutil.copytree(
            ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "services", "broken")
        )
    (tmp_path / "schemas/logs/bunyan.schema.json").write_text(BUNYAN, encoding="utf-8")
    guide = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")
    assert re.findall(r"## Adding a log format\n\nIt touches (\d+) file\b", guide) == ["1"]

    (tmp_path / "catalog/api").mkdir(parents=True)
    (tmp_path / "catalog/api/service.yaml").write_text(SERVICE, encoding="utf-8")
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines() == [
        "timestamp `yesterday` cannot be parsed (line 2)",
        "level `loud` is none of `debug`, `info`, `warn`, `error`, `fatal` (line 2)",
        "key `msg` is an integer, not a string: `7` (line 2)",
        "key `name` is `web`, the catalog names the service `api` (line 2)",
    ], done.stderr
