"""The recorded lines of logging libraries and their manifest hold together."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

from stack.embedded.config import read_config
from stack.embedded.entry import Entry
from stack.embedded.pipeline import Pipeline
from stack.records.logs import time_stamps
from stack.records.logs.entry import LABELS, EmittedLine
from stack.records.logs.format import FORMATS, LogFormat, lookup
from stack.records.logs.levels import level_of
from stack.records.logs.matching import CLOSE_NS
from stack.records.logs.reader import read_log
from stack.records.logs.stream import LogStream
from stack.records.logs.time_stamps import NS, Window, read_time
from stack.text.plain_yaml import plain_yaml
from suites.core.discovery import rules
from suites.core.finding import Finding
from suites.core.rule import Level, NotApplicable, Rule
from suites.logs.helpers.proposal import looks_like
from tests.support.cases import each_of

RECORDED = Path(__file__).parents[1] / "data" / "logs" / "recorded"
GUIDE = Path(__file__).parents[2] / "docs" / "judge-your-service.md"
CONFIG = Path(__file__).parents[2] / "stack" / "promtail" / "promtail-config.yaml"
MANIFEST: list[dict[str, Any]] = plain_yaml((RECORDED / "manifest.yaml").read_text(encoding="utf-8"))
KEYS = {"file", "preset", "library", "version", "options", "recorded", "time_as", "precision", "clock", "lines"}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")


def by_file(entries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {entry["file"]: entry for entry in entries}


def test_every_file_is_in_the_manifest_once() -> None:
    files = sorted(str(path.relative_to(RECORDED)) for path in RECORDED.rglob("*.log"))
    assert [entry["file"] for entry in MANIFEST] == files


def test_presets_without_recorded_lines_are_those_that_the_guide_names() -> None:
    unproven = FORMATS.keys() - {entry["preset"] for entry in MANIFEST} - {"none"}
    (said,) = re.findall(r"([a-z, ]+) are made after their documentation alone", GUIDE.read_text(encoding="utf-8"))
    assert unproven == set(re.findall("[a-z]+", said)) - {"and"}


@each_of(by_file(MANIFEST))
def test_a_recording_is_as_its_manifest_says(entry: dict[str, Any]) -> None:
    content = (RECORDED / entry["file"]).read_bytes()
    assert entry.keys() >= KEYS
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert content.endswith(b"\n")
    assert content.count(b"\n") == entry["lines"]
    assert sum(record if isinstance(record, int) else 1 for record in entry["records"]) == entry["lines"]
    records = [record for record in entry["records"] if isinstance(record, list)]
    assert records
    for level, instant, message, *more in records:
        assert level is None or level
        assert instant is None or INSTANT.fullmatch(instant)
        assert message is None or isinstance(message, str)
        assert not more or more[0]


UNITS = {"epoch-s": "s", "epoch-ms": "ms", "epoch-us": "us", "epoch-ns": "ns"}
SLACK_NS = {"s": NS, "ms": 1_000_000, "us": 1000, "ns": 240}
OF_THE_PROGRAM = {"logs/errors-carry-error-and-stack", "logs/service-named"}
"""What a program must give its logger, and the recorded ones did not give it everywhere."""
SYSLOG = {"critical": [0, 1, 2], "error": 3, "warning": 4, "info": [5, 6], "debug": 7}
VALUES = {
    "log4j2/gelf-template.log": SYSLOG,
    "pino/custom-level.log": {"info": 35},
    "other/nestjs.log": {"info": "log"},
    "other/roarr.log": {"debug": 20, "info": 30, "warning": 40, "error": 50, "critical": 60},
}
"""Levels of their own, as a `service.yaml` would declare them."""
OWN_KEYS = {"log4j2/gcp-template.log", "log4j2/json-layout-template.log", "other/logfmter.log"}
"""Times that are divided in two, which no agent puts together, and keys that have to be added to the agents' stages."""
OTHER_LEVELS = {("log4j2/gcp-template.log", "trace"), ("log4j2/gelf-template.log", "trace")}
"""Levels for which a format has no name of its own, so that another is written."""
NOT_READ = {
    *(("otel/collector.log", name) for name in ("request_id", "trace_id", "span_id")),
    *(("otel/python-console.log", name) for name in ("trace_id", "span_id")),
}
"""Ids among the attributes of an OTLP record, which no path leads to, and those that the record itself has as zeros."""
BESIDE = {"logs/no-plain-text-lines", "logs/no-multiline-events", "logs/one-json-object-per-line"}
"""What reports the text that is beside the lines, as the manifest counts it."""
READABLE = [
    entry
    for entry in MANIFEST
    if entry["preset"] or (entry.get("keys") and entry["time_as"] not in {"text", "json-lines", "none"})
]


def is_utf8(raw: bytes) -> bool:
    with suppress(UnicodeDecodeError):
        raw.decode()
        return True
    return False


def form_of(entry: dict[str, Any]) -> LogFormat:
    """The format that a service would declare: a preset, with another unit where it was configured, or keys."""
    parts: dict[str, Any] = {part: keys for part, keys in entry.get("keys", {}).items() if keys}
    if entry["preset"]:
        parts["preset"] = entry["preset"]
    for part, more in (
        ("time", {"unit": UNITS[entry["time_as"]]} if entry["time_as"] in UNITS else {}),
        ("level", {"values": VALUES[entry["file"]]} if entry["file"] in VALUES else {}),
    ):
        if more:
            parts[part] = {**({"keys": parts[part]} if part in parts else {}), **more}
    return LogFormat.declared(parts)


def stream_of(entry: dict[str, Any]) -> LogStream:
    instants = [record[1] for record in entry["records"] if isinstance(record, list) and record[1]]
    last = read_time(instants[-1]) if instants else None
    lines = read_log([RECORDED / entry["file"]]).lines
    return LogStream(lines, "shop", format=form_of(entry), emitted_to=last.ns / NS if last else None)


@each_of(by_file(READABLE))
def test_a_format_reads_what_its_library_wrote(entry: dict[str, Any]) -> None:
    stream = stream_of(entry)
    lines = iter(stream.lines)
    for expected in entry["records"]:
        if isinstance(expected, int):
            assert not any(next(lines).record for _ in range(expected))
            continue
        (level, instant, message, *more), line = expected, next(lines)
        record = line.record
        if record is None:
            assert not is_utf8(line.raw), line
            continue
        if record.format.level and (entry["file"], f"{level}".lower()) not in OTHER_LEVELS:
            wanted_level = level_of(level, record.format.levels) if level else record.format.default_level
            assert record.level == wanted_level, line
        text = record.message or ""
        if message is None or "\n" in message or entry["file"] == "log4j2/gcp-template.log":
            assert text.startswith(message or "") or (message or "").startswith(text), line
        else:
            assert text == message, line
        for name, value in (more[0] if more and entry["preset"] else {}).items():
            found = [lookup(line.value or {}, getattr(record.format, part)) for part in (name, "stack", "message")]
            assert name == "error" or value == found[0] or (entry["file"], name) in NOT_READ, (name, line)
            assert name != "error" or value in f"{found}".encode().decode("unicode_escape") or value in f"{found}", line
        if instant is not None:
            wanted = read_time(instant)
            assert wanted is not None
            assert record.time_ns is not None
            clock = datetime.fromtimestamp(wanted.ns // NS, ZoneInfo(entry.get("zone", "UTC")))
            ahead = (clock.utcoffset() or timedelta()) // timedelta(microseconds=1) * 1000
            assert abs(record.time_ns - ahead * (not record.zoned) - wanted.ns) <= SLACK_NS[entry["precision"]], line


@each_of(by_file(READABLE))
def test_no_must_is_broken_by_what_a_library_wrote(entry: dict[str, Any]) -> None:
    stream = stream_of(entry)
    known = set(OF_THE_PROGRAM)
    if any(isinstance(record, int) for record in entry["records"]):
        known |= BESIDE
    if entry["time_as"] == "local":
        known.add("logs/timestamp-has-zone")
    if any(isinstance(record, list) and not (record[0] and record[2] is not None) for record in entry["records"]):
        known.add("logs/matches-schema")
    if not all(is_utf8(line.raw) for line in stream.lines):
        known.add("logs/utf8")
    if not entry["preset"]:
        known.add("logs/matches-schema")
    broken = {}
    for rule in rules().values():
        if rule.record is LogStream and rule.level is Level.MUST and rule.id not in known:
            broken[rule.id] = [finding.message for finding in judged(rule, stream)]
    assert {name: found for name, found in broken.items() if found} == {}


@cache
def pipeline() -> Pipeline:
    """What the shipped configuration makes of a line."""
    jobs = read_config(CONFIG.read_text(encoding="utf-8"), {}, CONFIG.name)["scrape_configs"]
    return Pipeline(jobs[0]["pipeline_stages"], "services")


SHIPPED = [entry for entry in READABLE if entry["preset"] and entry["file"] not in {*VALUES, *OWN_KEYS}]


@each_of(by_file(SHIPPED))
def test_the_agents_read_what_a_preset_reads(entry: dict[str, Any]) -> None:
    stream = stream_of(entry)
    written = Window(0, int((stream.emitted_to or 0) * NS))
    for line in stream.lines:
        expected = EmittedLine.read(line, written)
        if not is_utf8(line.raw):
            continue
        stored = Entry(line.raw.decode(), 0, {"environment": "test", "filename": "/a/b/c.log"})
        with mock.patch("time.time", return_value=written.end / NS):
            pipeline()(stored)
        assert stored.labels["level"] == (expected.level or "unknown"), line
        assert {*expected.ids} <= {*stored.metadata.items()}, line
        if expected.time_ns is not None:
            assert abs(stored.timestamp_ns - expected.time_ns) < CLOSE_NS, line


def test_the_agents_know_the_keys_and_levels_of_every_preset() -> None:
    text = CONFIG.read_text(encoding="utf-8")
    (table,) = re.findall(r"get \(dict(.*?)\) \(ToLower", text, re.DOTALL)
    assert dict(re.findall(r'"([^"]*)"\s+"([^"]*)"', table)) == LABELS
    (stage,) = re.findall(r"- json:(.*?)- regex:", text, re.DOTALL)
    known = {key.replace('"', "").replace("[0]", ".0") for key in re.split(r"\|\||&&|[\w]+: >-|\s+", stage)}
    wanted = {
        key
        for form in FORMATS.values()
        if form.lines == "json"
        for part in ("time", "level", "request_id", "trace_id", "span_id")
        for key in getattr(form, part)
    }
    assert wanted <= known


ALIKE = {"log4j2/logstash-template.log", "logback-logstash/epoch-ms.log", "pino/iso-time-level-label.log"}
"""Lines that another preset reads as well, and that look more like it."""


@each_of(by_file([entry for entry in SHIPPED if not entry.get("keys") and entry["file"] not in ALIKE]))
def test_the_preset_is_proposed_where_another_is_declared(entry: dict[str, Any]) -> None:
    stream = stream_of(entry)
    other = FORMATS["ecs" if entry["preset"] != "ecs" else "zap"]
    wrong = LogStream(stream.raw_lines, "shop", format=other)
    hints = [
        finding.hint or ""
        for name in ("matches-schema", "no-plain-text-lines")
        for finding in judged(rules()[f"logs/{name}"], wrong)
    ]
    assert hints
    assert any(re.match(rf"these look like .*\b{entry['preset']}\b.*: write `format: ", hint) for hint in hints), hints
    unit = UNITS.get(entry["time_as"])
    if unit and FORMATS[entry["preset"]].unit_ns not in {None, time_stamps.UNITS[unit]}:
        assert any(f"time: {{unit: {unit}}}" in hint for hint in hints), hints


def test_the_declared_format_is_not_proposed() -> None:
    stream = LogStream.parse('format: zap\n---\n{"level":"info","ts":1795500000.5}\n{"level":"info","ts":1,"msg":""}\n')
    assert looks_like(stream) == ""


def judged(rule: Rule, stream: LogStream) -> list[Finding]:
    with suppress(NotApplicable):
        return list(rule.judge(stream))
    return []
