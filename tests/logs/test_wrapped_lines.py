"""What Docker and containerd make of a container's output is named for what it is, by one finding.

`stdout.txt` and `stderr.txt` are what the container wrote: lines of 40 kB and 20 kB, an empty one, one that is not
UTF-8, a panic, a last line without a line feed. `docker-json-file.log` is what Docker 20.10.24 stored of it
(labels=service, tag={{.Name}}); `containerd-cri.log` what the CRI log writer of containerd 1.7.27 did, with lines of
at most 16 KiB.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest

from stack.records.logs.line import go_text
from stack.records.logs.stream import LogStream
from suites.core.discovery import rules
from suites.core.rule import NotApplicable

WRAPPED = Path(__file__).parents[1] / "data" / "logs" / "wrapped"
WRITTEN = {"stdout": (WRAPPED / "stdout.txt").read_bytes(), "stderr": (WRAPPED / "stderr.txt").read_bytes()}
PIECE = 16 * 1024


def test_docker_cut_the_lines_into_pieces_of_16_kib() -> None:
    pieces = [json.loads(line) for line in (WRAPPED / "docker-json-file.log").read_bytes().splitlines()]
    for source, written in WRITTEN.items():
        cuts = [line[at : at + PIECE] for line in written.splitlines(True) for at in range(0, len(line), PIECE)]
        assert [piece["log"] for piece in pieces if piece["stream"] == source] == [go_text(cut) for cut in cuts]


def test_containerd_cut_the_lines_into_pieces_of_16_kib() -> None:
    entries = [line.split(b" ", 3) for line in (WRAPPED / "containerd-cri.log").read_bytes().split(b"\n")[:-1]]
    for source, written in WRITTEN.items():
        own = [(tag, text) for _, stream, tag, text in entries if stream == source.encode()]
        assert b"".join(text + (b"\n" if tag == b"F" else b"") for tag, text in own) == written
        assert all(len(text) == PIECE for tag, text in own[:-1] if tag == b"P")


DOCKER = "a line is a record of Docker's `json-file` log driver, with the service's line under `log`"
CONTAINERD = "plain text instead of JSON: prefix of a container runtime (CRI)"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("docker-json-file.log", [("logs/one-json-object-per-line", f"{DOCKER} (13 lines, first line 1)")]),
        # The faults of what the service itself wrote are found beside the prefix.
        (
            "containerd-cri.log",
            [
                ("logs/no-control-characters", "ANSI colour codes (line 1)"),
                ("logs/no-control-characters", "control character U+0007 (line 8)"),
                ("logs/no-plain-text-lines", f"{CONTAINERD} (13 lines, first line 1)"),
                ("logs/utf8", "a line contains a byte that is not UTF-8: 0xff (line 8)"),
            ],
        ),
    ],
)
def test_wrapped_lines_are_one_finding(name: str, expected: list[tuple[str, str]]) -> None:
    stream = LogStream.parse((WRAPPED / name).read_bytes().decode("utf-8", "surrogateescape"))
    found = []
    for rule in rules().values():
        if rule.record is LogStream:
            with suppress(NotApplicable):
                found += [(rule.id, finding.message) for finding in rule.judge(stream)]
    assert found == expected
