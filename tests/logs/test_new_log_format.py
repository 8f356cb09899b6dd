"""A log format is one file, or a mapping in service.yaml: the catalog, the records and the rules read it from there."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from fixtures.catalog import CatalogError, load
from stack.records.logs.format import FORMATS, LogFormat
from stack.records.logs.stream import LogStream
from stack.text.schema_data import schema_data
from stack.text.schema_errors import validator
from suites.core.discovery import rules

ROOT = Path(__file__).resolve().parents[2]

PARTS = """
time: [at]
level: {keys: [grade], values: {error: [bad, 3]}, default: info}
message: [said]
service: [program]
"""
SERVICE = """
name: api
system: shop
owner: {team: Shop, contact: shop@example.com}
metrics: {}
"""
GOOD = (
    '{"at":"2026-11-24T06:00:00Z","grade":"BAD","said":"m","program":"api"}\n{"at":"2026-11-24T06:00:00Z","said":"m"}'
)
BAD = '{"at":"yesterday","grade":"loud","said":7,"program":"web"}'
FOUND = [
    "timestamp `yesterday` cannot be parsed (line 3)",
    "level `loud` is not known (line 3)",
    "key `said` is an integer, not a string: `7` (line 3)",
    "key `program` is missing (line 2)",
    "key `program` is `web`, the catalog names the service `api` (line 3)",
]
PROGRAM = """
from pathlib import Path
from fixtures.catalog import load
from tests.logs.test_new_log_format import findings
from stack.records.logs.format import LogFormat

(service,) = load(Path("catalog")).services
print(*findings(LogFormat.declared(service.logs.parts or service.logs.format)), sep="\\n")
"""


def findings(form: LogFormat) -> list[str]:
    stream = LogStream.parse(f"{GOOD}\n{BAD}\n")
    judged = LogStream(stream.raw_lines, "api", format=form)
    names = ("timestamp-parses", "level-allowed", "matches-schema", "service-named")
    return [finding.message for name in names for finding in rules()[f"logs/{name}"].judge(judged)]


def catalog(folder: Path, logs: str) -> Path:
    (folder / "api").mkdir(parents=True)
    (folder / "api/service.yaml").write_text(SERVICE + logs, encoding="utf-8")
    return folder


def test_a_new_log_format_is_one_file(tmp_path: Path) -> None:
    for part in ("schemas", "stack", "fixtures", "suites", "tests"):
        ignored = shutil.ignore_patterns("__pycache__", "services", "broken", "data")
        shutil.copytree(ROOT / part, tmp_path / part, ignore=ignored)
    (tmp_path / "schemas/logs/ours.yaml").write_text(PARTS, encoding="utf-8")
    guide = (ROOT / "docs/contributing.md").read_text(encoding="utf-8")
    assert re.findall(r"## Adding a log format\n\nIt touches (\d+) file\b", guide) == ["1"]

    catalog(tmp_path / "catalog", "logs: {format: ours}\n")
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines() == FOUND, done.stderr


def declared(folder: Path, parts: str) -> LogFormat:
    catalog(folder, "logs:\n  format:\n" + "".join(f"    {line}\n" for line in parts.strip().splitlines()))
    (folder / "api/line.schema.json").write_text(json.dumps({"required": ["host"]}), encoding="utf-8")
    (service,) = load(folder).services
    assert service.logs is not None
    return LogFormat.declared(service.logs.parts)


def test_a_format_may_be_declared_in_service_yaml(tmp_path: Path) -> None:
    assert findings(declared(tmp_path, PARTS)) == FOUND


def test_a_schema_of_ones_own_is_a_file_beside_service_yaml(tmp_path: Path) -> None:
    found = findings(declared(tmp_path, f"{PARTS}schema: line.schema.json"))
    assert "key `host` is missing (3 lines, first line 1)" in found


def test_a_declaration_may_change_a_preset(tmp_path: Path) -> None:
    form = declared(tmp_path, "preset: zap\ntime: {keys: t, unit: ms}\n")
    assert (form.name, form.message, form.unit_ns) == ("zap", ("msg",), 1_000_000)
    record = form.read({"t": 1795500000123, "level": "WARN", "msg": "m"})
    assert (record.time_ns, record.level) == (1_795_500_000_123_000_000, "warning")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ("{preset: zapp}", "logs.format.preset: 'zapp' is not one of"),
        ("{tme: ts}", "logs.format.tme: unknown key; did you mean 'time'?"),
        ("{time: {unit: ms}}", "logs.format.time.keys: is missing"),
        ("{time: {keys: t, layout: '%d.%m.%Y'}}", "logs.format.time.layout: '%d.%m.%Y': the layout has no `01`"),
        ("{level: {keys: l, values: {loud: 7}}}", "logs.format.level.values.loud: unknown key"),
        ("{schema: nowhere.json}", "logs.format.schema: 'nowhere.json' cannot be read: No such file or directory"),
        ("{schema: deep.json}", "logs.format.schema: 'deep.json': nested more than 100 levels deep"),
        ("{schema: {type: thing}}", "logs.format.schema: is no JSON Schema"),
        ("[zap]", "logs.format: must be a text or a mapping, not a list"),
    ],
)
def test_a_wrong_declaration_is_named_with_its_key(tmp_path: Path, parts: str, message: str) -> None:
    declared = catalog(tmp_path, f"logs: {{format: {parts}}}\n")
    (declared / "api" / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(CatalogError) as wrong:
        load(declared)
    (problem,) = wrong.value.problems
    assert message in problem


@pytest.mark.parametrize("name", FORMATS)
def test_presets_keep_to_the_schema_of_a_declaration(name: str) -> None:
    schema = schema_data("service.schema.json")
    of_format = {**schema["$defs"]["log_format"], "$defs": schema["$defs"]}
    assert [error.message for error in validator(of_format).iter_errors(schema_data(f"logs/{name}.yaml"))] == []
    if FORMATS[name].lines != "text":
        Draft202012Validator.check_schema(FORMATS[name].schema)
