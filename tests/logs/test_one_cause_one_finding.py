"""What stands around lines, cuts or encodes them is one finding with its name, whatever else breaks with it."""

import gzip
import json
from collections.abc import Callable

import pytest

from stack.records.logs.format import FORMATS
from stack.records.logs.line import split_lines
from stack.records.logs.stream import LogStream, SentRequest
from suites.core.discovery import in_area
from suites.core.rule import NotApplicable

LINES = [
    {
        "level": "info",
        "ts": 1795500000.5 + number,
        "msg": "grüß dich, 你好",
        "caller": "a.go:7",
        "service": "api",
        "request_id": "r-1",
    }
    for number in range(3)
]
TEXT = [json.dumps(line, ensure_ascii=False).encode() for line in LINES]
LONG = json.dumps({**LINES[0], "dump": "é" * 20_000}, ensure_ascii=False).encode()
PIECES = [LONG[at : at + 16_384] for at in range(0, len(LONG), 16_384)]
RECORD, UNDER = "one-json-object-per-line: a line is a record of", "with the service's line under"
PLAIN = "no-plain-text-lines: plain text instead of JSON"
TIME = b"2026-11-24T06:00:00.123456789Z"


def log(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def wide(encoding: str, mark: bytes = b"") -> Callable[[], bytes]:
    return lambda: mark + log([json.dumps(line).encode() for line in LINES]).decode().encode(encoding)


def docker(lines: list[bytes]) -> bytes:
    records = ({"log": f"{line.decode()}\n", "stream": "stdout", "time": TIME.decode()} for line in lines)
    return log([json.dumps(record).encode() for record in records])


PART = "one-json-object-per-line: a line is a part of a line, as when two processes write to one file"
TWICE = "keys-unique: key `{}` is repeated in one line"


def mixed(at: int) -> list[bytes]:
    return [TEXT[0][:at] + TEXT[1], TEXT[0][at:]]


def twice(line: bytes, key: str, value: str) -> bytes:
    return line[:-1] + f', "{key}": "{value}"}}'.encode()


CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "pieces of 16 KiB": (
        lambda: log([*PIECES, TEXT[0], *PIECES]),
        "no-multiline-events: a JSON object cut into pieces of 16 KiB (6 lines, first line 1)",
    ),
    "pieces with the prefix of a container runtime": (
        lambda: log(
            [TIME + b" stdout " + (b"P " if len(piece) == 16_384 else b"F ") + piece for piece in [*PIECES, *TEXT]]
        ),
        f"{PLAIN}: prefix of a container runtime (CRI) (6 lines, first line 1)",
    ),
    "records of Docker's json-file": (
        lambda: docker(TEXT),
        f"{RECORD} Docker's `json-file` log driver, {UNDER} `log` (3 lines, first line 1)",
    ),
    "records of a log collector": (
        lambda: log(
            [json.dumps({"log": "m", "stream": "stderr", "time": TIME.decode(), "kubernetes": {}}).encode()] * 2
        ),
        f"{RECORD} a log collector, {UNDER} `log` (2 lines, first line 1)",
    ),
    "a service with such keys": (
        lambda: log([json.dumps({**LINES[0], "log": "m", "stream": "video", "time": "1 s"}).encode()]),
        "",
    ),
    "records of the journal": (
        lambda: log([json.dumps({"MESSAGE": "m", "__REALTIME_TIMESTAMP": "1795500000123456"}).encode()] * 2),
        f"{RECORD} the systemd journal, {UNDER} `MESSAGE` (2 lines, first line 1)",
    ),
    "frames of Docker's stream": (
        lambda: log([b"\x01\x00\x00\x00\x00\x00\x00\x8f" + line for line in TEXT]),
        f"{PLAIN}: header of Docker's stream of standard output (3 lines, first line 1)",
    ),
    "UTF-16 with a mark": (wide("utf-16"), "utf8: the log is UTF-16, not UTF-8 (3 lines, first line 1)"),
    "UTF-16 LE": (wide("utf-16-le"), "utf8: the log is UTF-16, not UTF-8 (3 lines, first line 1)"),
    "UTF-16 BE": (wide("utf-16-be"), "utf8: the log is UTF-16, not UTF-8 (3 lines, first line 1)"),
    "UTF-16 BE with a mark": (
        wide("utf-16-be", b"\xfe\xff"),
        "utf8: the log is UTF-16, not UTF-8 (3 lines, first line 1)",
    ),
    "UTF-32": (wide("utf-32"), "utf8: the log is UTF-32, not UTF-8 (3 lines, first line 1)"),
    "a hole of zeros": (
        lambda: log([b"\0" * 512, *TEXT]),
        f"{PLAIN}: NUL bytes (line 1)",
    ),
    "Latin-1": (
        lambda: log([line.decode().replace("你好", "ß").encode("latin-1") for line in TEXT]),
        "utf8: a line contains a byte that is not UTF-8: 0xfc (3 lines, first line 1)",
    ),
    "characters cut in half": (
        lambda: log([line.replace("好".encode(), "好".encode()[:2]) for line in TEXT]),
        "utf8: a line contains a byte that is not UTF-8: 0xe5 (3 lines, first line 1)",
    ),
    "bytes that are no text": (
        lambda: log([*TEXT, gzip.compress(b"x" * 500, mtime=0).replace(b"\n", b"")]),
        "utf8: a line contains a byte that is not UTF-8: 0x8b (line 4)",
    ),
    "UTF-16, then UTF-8": (
        lambda: wide("utf-16")() + log(TEXT),
        "utf8: the log is UTF-16, not UTF-8 (3 lines, first line 1)",
    ),
    "zeros behind an object": (
        lambda: log([TEXT[0] + b"\0\0", *TEXT[1:]]),
        "one-json-object-per-line: a line has NUL bytes behind its object (line 1)",
    ),
    # Processes that share a file, and a rotation in the middle of a line.
    "a line within a line": (lambda: log([*mixed(40), TEXT[2]]), f"{PART} (2 lines, first line 1)"),
    "twenty of them": (lambda: log([*mixed(40), *mixed(20)] * 10), f"{PART} (40 lines, first line 1)"),
    "three processes": (
        lambda: log([TEXT[0][:40] + TEXT[1][:30] + TEXT[2], TEXT[1][30:], TEXT[0][40:]]),
        f"{PART} (3 lines, first line 1)",
    ),
    "a line feed too many": (lambda: log([TEXT[0][:40], TEXT[1], TEXT[0][40:]]), f"{PART} (2 lines, first line 1)"),
    "the rest of a line": (lambda: log([TEXT[0][40:], *TEXT[1:]]), f"{PART} (line 1)"),
    "half a line": (
        lambda: log([TEXT[0][:40], *TEXT[1:]]),
        "one-json-object-per-line: a line ends in the middle of its object (line 1)",
    ),
    "text with braces": (lambda: log([*TEXT, b"render {user} as {name}"]), f"{PLAIN} (line 4)"),
    # A key that is there twice, with a value that is not known, is reported for that value.
    "level twice": (
        lambda: log([twice(line, "level", "pro") for line in TEXT]),
        "level-allowed: level `pro` is not known (3 lines, first line 1)",
    ),
    "time twice": (
        lambda: log([twice(line, "ts", "12ms") for line in TEXT]),
        "timestamp-parses: timestamp `12ms` cannot be parsed (3 lines, first line 1)",
    ),
    "message twice": (
        lambda: log([twice(line, "msg", "") for line in TEXT]),
        f"{TWICE.format('msg')} (3 lines, first line 1)",
    ),
    "an unknown level": (
        lambda: log([line.replace(b'"info"', b'"pro"') for line in TEXT]),
        "level-allowed: level `pro` is not known (3 lines, first line 1)",
    ),
    "lines of another library": (
        lambda: log(
            [
                b'{"level":30,"time":1795500000500,"pid":7,"hostname":"h","msg":"ready","service":"api","request_id":"r-1"}'
            ]
            * 2
        ),
        "matches-schema: key `ts` is missing (2 lines, first line 1)",
    ),
    # What is whole and in UTF-8 is none of these.
    "a line of 16 KiB": (lambda: log([LONG[:16_382].rstrip(b"\xc3") + b'"}', *TEXT]), ""),
}


@pytest.mark.parametrize(("written", "wanted"), CASES.values(), ids=CASES)
def test_it_is_one_finding(written: Callable[[], bytes], wanted: str) -> None:
    lines = [line for line in split_lines(written()) if line.ended]
    requests = (SentRequest("r-1", "GET", "/", 200),) if b"r-1" in written().replace(b"\0", b"") else ()
    stream = LogStream(tuple(lines), "api", format=FORMATS["zap"], requests=requests)
    found = []
    for rule in in_area("logs"):
        if rule.record is LogStream:
            try:
                found += [f"{rule.id.removeprefix('logs/')}: {finding.message}" for finding in rule.judge(stream)]
            except NotApplicable:
                continue
    assert found == ([wanted] if wanted else [])
