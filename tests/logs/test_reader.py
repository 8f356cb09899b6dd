"""The log reader takes any bytes and any size, and counts what it left out."""

import pickle
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stack.records.logs.format import FORMATS, LogFormat, detect
from stack.records.logs.line import MAX_KEPT, split_lines
from stack.records.logs.matching import log_of
from stack.records.logs.reader import read_log, rotated
from stack.records.logs.stream import ExpectedLine, LogStream, SentRequest
from stack.records.logs.time_stamps import read_time
from suites.core.discovery import rules
from suites.core.rule import NotApplicable
from tests.support.cases import check_each

RULES = [rule for rule in rules().values() if rule.record is LogStream]


def stream_of(data: bytes, form: LogFormat | None = None) -> LogStream:
    """A stream with all context that any rule asks for."""
    return LogStream(
        raw_lines=tuple(split_lines(data)),
        service="api",
        format=form,
        emitted_from=1_795_500_000.0,
        emitted_to=1_795_500_005.0,
        requests=(
            SentRequest("r-1", "GET", "/jobs", 200, expected=(ExpectedLine("info", "http", "m", {"status": 200}),)),
            SentRequest("r-2", "GET", "/fail", 500),
        ),
        specialised={"database": {"rows": "integer"}},
    )


HOSTILE = {
    "2 MB": b'{"msg":"' + b"x" * 2_000_000 + b'"}\n',
    "half": b'{"level":"info","ts":1,"ms',
    "NUL": b"\0" * 5000 + b'{"msg":"a\0b"}\n',
    "ANSI": b'\x1b[31m{"level":"info"}\x1b[0m\n{"msg":"\\u001b[2J"}\n',
    "HTML": b'{"level":"<script>alert(1)</script>","ts":"<b>","msg":"<img src=x onerror=alert(1)>"}\n',
    "deep array": b"[" * 100_000 + b"\n",
    "deep object": b'{"a":' * 100_000 + b"\n",
    "deep but legal": b'{"ts":1,"level":"info","msg":"m","x":' + b"[" * 900 + b"]" * 900 + b"}\n",
    "deep everywhere": b"".join(
        b'{"ts":1.5,"level":"error","msg":"m","%s":%s}\n' % (key, b"[" * 900 + b"]" * 900)
        for key in (b"ts", b"level", b"msg", b"service", b"logger", b"error", b"request_id", b"log", b"@timestamp")
    ),
    "huge integer": b'{"ts":' + b"9" * 10_000 + b',"level":1}\n',
    "big integer": b'{"ts":123456789012345678901234567890,"level":"info","msg":"m"}\n',
    "huge exponent": b'{"ts":1e308,"level":"info","msg":"m"}\n{"ts":-1e300}\n{"ts":5e-324}\n',
    "NaN": b'{"ts":NaN}\n',
    "duplicate keys": b'{"ts":1,"ts":2,"msg":"a","msg":"b"}\n',
    "lone surrogate": b'{"msg":"\\ud800"}\n',
    "no UTF-8": b'{"msg":"\xff\xfe"}\n\xed\xa0\x80\n',
    "UTF-16": '{"msg":"a"}\n'.encode("utf-16"),
    "only line feeds": b"\n" * 3000,
    "wrong types": b'{"ts":[],"level":{},"msg":[1],"service":{"a":1},"request_id":[{}],"logger":[],"error":1}\n',
    "keys from nowhere": b'{"":1,"__proto__":{},"log":3,"error":"x","@timestamp":{}}\n',
}


def judge_all(stream: LogStream) -> None:
    for rule in RULES:
        try:
            found = list(rule.judge(stream))
        except NotApplicable:
            continue
        for finding in found:
            assert len(finding.message) < 1000, f"{rule.id} quotes too much"
            assert finding.message.isprintable(), f"{rule.id} quotes control characters: {finding.message!r}"
            assert len(finding.where.excerpt or "") < 2000, f"{rule.id} quotes too much of a line"
        assert len(found) <= 60, f"{rule.id} reports one cause too often"


SOME = ["zap", "structlog", "ecs", "pino", "otel", "logfmt", "klog", "none"]


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_every_rule_judges_hostile_lines_without_raising(data: bytes) -> None:
    forms = {"detected": None, **{name: FORMATS[name] for name in SOME}}
    check_each(forms, lambda form: judge_all(stream_of(data, form)))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
@example(b'{"ts":"9999-12-31T23:59:60+23:59","level":"info"}')
@example(b'{"timestamp":"0000-00-00T00:00:00Z"}')
def test_every_rule_judges_any_bytes_without_raising(data: bytes) -> None:
    judge_all(stream_of(data))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PARTS = ("time", "level", "message", "service", "request_id", "logger", "error", "stack")
NESTED = {"log", "service", "error", "http"}
KEYS = sorted({key for form in FORMATS.values() for part in PARTS for key in getattr(form, part)} | NESTED)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # building the text tables is slow once
@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8), st.sampled_from([None, *FORMATS.values()]))
def test_normalising_takes_any_value_under_any_key(value: dict[str, object], form: LogFormat | None) -> None:
    record = (form or detect(value)).read(value)
    assert record.time_ns is None or isinstance(record.time_ns, int)


@given(st.binary(max_size=400))
def test_lines_are_those_between_line_feeds(data: bytes) -> None:
    lines = split_lines(data)
    wanted = data.split(b"\n")
    assert [line.raw for line in lines] == (wanted if wanted[-1] else wanted[:-1])
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))


def test_a_line_beyond_the_cap_keeps_its_true_length(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"first\n" + b"x" * (3 * MAX_KEPT + 7) + b"\nlast\n")
    first, long, last = read_log([log]).lines
    assert (len(long.raw), long.length, long.number) == (MAX_KEPT, 3 * MAX_KEPT + 7, 2)
    assert (first.raw, last.raw, last.number) == (b"first", b"last", 3)


@pytest.mark.parametrize(("growing", "lines", "half"), [(True, [b"one"], 6), (False, [b"one", b'{"a":1'], 0)])
def test_half_a_line_is_not_judged_while_the_file_grows(
    tmp_path: Path, growing: bool, lines: list[bytes], half: int
) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b'one\n{"a":1')
    text = read_log([log], growing=growing)
    assert ([line.raw for line in text.lines], text.half_line) == (lines, half)


def test_of_a_large_log_the_end_is_read_with_its_true_line_numbers(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"".join(b"line %06d\n" % number for number in range(1, 10_001)))
    text = read_log([log], budget=30)
    assert [(line.raw, line.number) for line in text.lines] == [(b"line 009999", 9999), (b"line 010000", 10_000)]
    assert text.unread_bytes == 120_000 - 30


def test_of_many_lines_the_last_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"\n" * 1000)
    text = read_log([log], max_lines=10)
    assert ([line.number for line in text.lines], text.unread_bytes) == (list(range(991, 1001)), 990)


def test_rotated_files_are_joined_oldest_first(tmp_path: Path) -> None:
    for name, line in (("a.log.10", "1"), ("a.log.2", "2"), ("a.log.1", "3"), ("a.log", "4"), ("a.log.3.gz", "x")):
        (tmp_path / name).write_text(f"{line}\n", encoding="utf-8")
    files = rotated(tmp_path / "a.log")
    assert [line.raw for line in read_log(files).lines] == [b"1", b"2", b"3", b"4"]
    assert rotated(tmp_path / "nowhere" / "a.log") == []


@pytest.mark.parametrize(
    ("name", "log"),
    [
        ("app.log.1", "app.log"),
        ("app.log.2026-11-27", "app.log"),
        ("app.1.log", "app.log"),
        ("app-2026-11-27.log", "app.log"),
        ("app.20261127.log", "app.log"),
        ("app-2026-11-27T06.log", "app.log"),
        # Names of instances.
        ("storage-0.log", "storage-0.log"),
        ("10.0.0.1.log", "10.0.0.1.log"),
        ("api-7f9c-2.log", "api-7f9c-2.log"),
        ("api2.log", "api2.log"),
    ],
)
def test_a_rotated_file_belongs_to_its_log(name: str, log: str, tmp_path: Path) -> None:
    for file in {name, log}:
        (tmp_path / file).write_text("{}\n", encoding="utf-8")
    assert log_of(name) == log
    assert {path.name for path in rotated(tmp_path / log)} == {name, log}


@pytest.mark.parametrize(
    ("value", "ns", "zoned"),
    [
        (1732430000.123, 1_732_430_000_123_000_000, True),
        (1732430000.1234567, 1_732_430_000_123_456_700, True),
        (1732430000, 1_732_430_000_000_000_000, True),
        (1e-07, 100, True),
        ("2026-11-24T06:00:00.123456789Z", 1_795_500_000_123_456_789, True),
        ("2026-11-24T08:00:00+02:00", 1_795_500_000_000_000_000, True),
        ("2026-11-24T06:00:00.5+0000", 1_795_500_000_500_000_000, True),
        ("2026-11-24 06:00:00,5", 1_795_500_000_500_000_000, False),
    ],
)
def test_timestamps_are_read_to_the_nanosecond(value: object, ns: int, zoned: bool) -> None:
    assert read_time(value) == (ns, zoned)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "now",
        "2026-02-30T00:00:00Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T06:00:00+24:00",
        True,
        None,
        [1],
        float("nan"),
        float("inf"),
        "٢٠٢٦-11-24T06:00:00Z",
    ],
)
def test_what_is_no_timestamp_is_none(value: object) -> None:
    assert read_time(value) is None


def test_a_stream_travels_without_what_was_made_of_it() -> None:
    head = "service: auth\nformat: zap\nrequests: [{id: r-1, expected: [{level: info}]}]\n---\n"
    stream = LogStream.parse(head + '{"level":"info","ts":1.5,"msg":"m"}\n')
    fresh = pickle.dumps(stream)
    assert stream.lines[0].record is not None
    stream.derived(lambda each: len(each.lines))  # a lambda cannot be pickled: it must not try
    assert pickle.dumps(stream) == fresh
    back = pickle.loads(fresh)  # noqa: S301  # made two lines above
    assert [line.raw for line in back.lines] == [line.raw for line in stream.lines]
    assert (back.service, back.format.name) == ("auth", "zap")
    assert back.requests == stream.requests != ()


def test_ecs_is_read_dotted_and_nested() -> None:
    dotted = {"@timestamp": "2026-11-24T06:00:00Z", "log.level": "warn", "service.name": "a", "http.request.id": "r"}
    nested = {
        "@timestamp": "2026-11-24T06:00:00Z",
        "log": {"level": "warn"},
        "service": {"name": "a"},
        "http": {"request": {"id": "r"}},
    }
    assert detect(dotted).read(dotted) == detect(nested).read(nested)
    assert FORMATS["ecs"].read(dotted).level == "warning"
