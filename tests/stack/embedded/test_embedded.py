"""The stand-ins for Promtail and Loki on the shipped configuration: what becomes of a line."""

import asyncio
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stack.embedded.stack import EmbeddedLogs
from stack.records.logs.entry import LogEntry

ROOT = Path(__file__).resolve().parents[3]
PROMTAIL, LOKI = ROOT / "stack/promtail/promtail-config.yaml", ROOT / "stack/loki/loki-config.yaml"


def shipped(folder: Path) -> EmbeddedLogs:
    environment = {
        "PROMTAIL_LOG_GLOB": f"{folder}/logs/*/*/*.log",
        "PROMTAIL_DOCAICHE_GLOB": f"{folder}/docaiche/*.log",
        "ENVIRONMENT": "test",
    }
    return EmbeddedLogs(PROMTAIL, LOKI, environment)


def deliver(folder: Path, *lines: str, path: str = "logs/dante/storage/one.log") -> list[LogEntry]:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.writelines(f"{line}\n" for line in lines)
    return asyncio.run(shipped(folder).entries('{environment="test"}', 0, 2**62))


NOW = int(time.time())


@pytest.mark.parametrize(
    ("line", "time_ns", "level", "metadata"),
    [
        (
            {"level": "warn", "ts": NOW + 0.25, "request_id": "r"},
            NOW * 10**9 + 250_000_000,
            "warning",
            {"request_id": "r"},
        ),
        ({"level": "INFO", "timestamp": "2026-11-24T00:00:00Z"}, None, "info", {}),
        ({"@timestamp": NOW, "log.level": "error", "trace.id": "t"}, NOW * 10**9, "error", {"trace_id": "t"}),
        (
            {"ts": NOW, "log": {"level": "fatal"}, "http": {"request": {"id": "r"}}},
            NOW * 10**9,
            "critical",
            {"request_id": "r"},
        ),
        ({"ts": NOW, "level": "made-up"}, NOW * 10**9, "unknown", {}),
        ({"ts": NOW, "level": [30], "request_id": "", "trace_id": None}, NOW * 10**9, "unknown", {}),
    ],
    ids=[
        "zap",
        "timestamp",
        "ECS with dots",
        "ECS nested",
        "unknown level",
        "wrong types",
    ],  # workers must agree on ids
)
def test_the_shipped_pipeline_reads_all_formats(
    tmp_path: Path, line: dict[str, Any], time_ns: int | None, level: str, metadata: dict[str, str]
) -> None:
    if time_ns is None:
        time_ns = (NOW - 60) * 10**9
        line["timestamp"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW - 60))
    [entry] = deliver(tmp_path, json.dumps(line))
    labels = {"system": "dante", "service": "storage", "instance": "one", "environment": "test", "level": level}
    assert dict(entry.labels) == labels
    assert (entry.timestamp_ns, dict(entry.metadata), entry.line) == (time_ns, metadata, json.dumps(line))


@pytest.mark.parametrize(
    "line",
    ["plain", '{"half": "li', f'{{"ts": {NOW * 10}}}', '{"ts": "soon"}', "\x00"],
    ids=["text", "half", "tenths", "word", "NUL"],
)
def test_a_line_without_a_usable_time_follows_its_predecessor(tmp_path: Path, line: str) -> None:
    _, entry = deliver(tmp_path, json.dumps({"ts": NOW, "level": "error"}), line)
    assert (entry.timestamp_ns, entry.line) == (NOW * 10**9 + 1, line)
    assert dict(entry.labels)["level"] == "unknown"


def test_flat_files_belong_to_docaiche(tmp_path: Path) -> None:
    [entry] = deliver(tmp_path, json.dumps({"ts": NOW, "level": "info"}), path="docaiche/docaiche-api.log")
    assert dict(entry.labels) == {
        "system": "docaiche",
        "service": "docaiche-api",
        "instance": "main",
        "environment": "test",
        "level": "info",
    }


def test_the_agent_reads_each_line_once_and_no_half_line(tmp_path: Path) -> None:
    simulated, file = shipped(tmp_path), tmp_path / "logs/dante/storage/one.log"
    file.parent.mkdir(parents=True)
    file.write_text("one\ntwo\nthr", encoding="utf-8")
    assert [simulated.agent.catch_up(), simulated.agent.catch_up()] == [2, 0]
    with file.open("a", encoding="utf-8") as stream:
        stream.write("ee\n")
    assert simulated.agent.catch_up() == 1
    file.write_text("new\n", encoding="utf-8")
    assert simulated.agent.catch_up() == 1
    assert simulated.agent.unread == ["docker"]


@given(st.lists(st.binary(max_size=80) | st.just(b'{"ts":1,"level":"info"}') | st.text().map(str.encode)))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_break_the_pipeline(tmp_path: Path, lines: list[bytes]) -> None:
    file = tmp_path / "logs/dante/storage/one.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"\n".join(lines) + b"\n")
    simulated = shipped(tmp_path)
    assert simulated.agent.catch_up() == file.read_bytes().count(b"\n")
    assert all(isinstance(entry.line, str) for entry in simulated.store.find('{service="storage"}', 0, 2**62))


@pytest.mark.parametrize(
    ("becomes", "wanted"),
    [
        ("one.log.1", {"one": 18}),
        # As the real agents do: under its new name the file is another one, if the name matches. Where the name is one
        # of rotation its lines go to their own stream again, which keeps one of each.
        ("one-2026-11-27.log", {"one": 18}),
        ("one-2026-11-27T10-00-00.000.log", {"one": 18}),
        ("one.1.log", {"one": 18}),
        ("one-1.log", {"one": 18, "one-1": 15}),
        ("other/one.old", {"one": 13}),
    ],
)
def test_a_file_that_is_renamed_is_read_to_its_end_and_the_new_one_from_its_start(
    becomes: str, wanted: dict[str, int], tmp_path: Path
) -> None:
    logs = shipped(tmp_path)

    def lines() -> Counter[str]:
        logs.agent.catch_up()
        found = logs.store.find('{environment="test"}', 0, 2**62)
        return Counter(dict(entry.labels)["instance"] for entry in found)

    file = tmp_path / "logs/dante/storage/one.log"
    file.parent.mkdir(parents=True)
    line = f'{{"ts": {NOW}.%03d, "msg": "m"}}\n'
    file.write_text("".join(line % number for number in range(10)), encoding="utf-8")
    assert lines() == {"one": 10}
    with file.open("a", encoding="utf-8") as stream:
        stream.writelines(line % number for number in range(10, 15))
    target = file.parent / becomes
    target.parent.mkdir(exist_ok=True)
    file.rename(target)
    file.write_text("".join(line % number for number in range(20, 23)), encoding="utf-8")
    assert lines() == wanted
    assert lines() == wanted


def test_a_stream_of_empty_lines_is_not_shown_until_it_has_another(tmp_path: Path) -> None:
    logs = shipped(tmp_path)
    for text, wanted in (("\n\n", []), ("later\n", ["", "", "later"])):
        file = tmp_path / "logs/dante/storage/one.log"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(text)
        logs.agent.catch_up()
        assert [entry.line for entry in logs.store.find('{environment="test"}', 0, 2**62)] == wanted


@pytest.mark.parametrize("raw", [b"\xe6\x9c", b"\xf0\x9f\x98", b"\xff\xfe"])
def test_each_bad_byte_is_shown_as_one_replacement(raw: bytes, tmp_path: Path) -> None:
    file = tmp_path / "logs/dante/storage/one.log"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"a" + raw + b"z\n")
    [entry] = asyncio.run(shipped(tmp_path).entries('{environment="test"}', 0, 2**62))
    assert entry.line == "a" + "\ufffd" * len(raw) + "z"


def test_what_the_store_refuses_and_the_agent_reads_is_counted(tmp_path: Path) -> None:
    logs = shipped(tmp_path)
    file = tmp_path / "logs/dante/storage/one.log"
    file.parent.mkdir(parents=True)
    file.write_text(f'{{"ts": {NOW + 3600}}}\n{{"ts": {NOW}}}\n{{"ts": {NOW - 8 * 86400}}}\n', encoding="utf-8")
    logs.agent.catch_up()
    counted = logs.losses()
    assert counted.refused == {"too_far_in_future": 1, "greater_than_max_sample_age": 1}
    assert counted.read == {str(file): 3}
