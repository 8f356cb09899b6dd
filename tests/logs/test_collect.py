"""The collector waits for the lines of the requests, no longer than it must, and records a log that is missing."""

import asyncio
import json
import threading
import time
from pathlib import Path

import pytest

from stack.records.logs.format import FORMATS
from stack.records.logs.stream import ExpectedLine, LogStream, SentRequest
from suites.core.evidence import NotEvaluated, Records
from suites.logs.collect.emitted import LogContract, collect
from tests.support.pace import within

CONTRACT = LogContract("api", FORMATS["zap"])


def request(request_id: str, expected: int = 0) -> SentRequest:
    return SentRequest(request_id, "GET", "/jobs", 200, expected=(ExpectedLine(),) * expected)


def line(request_id: str) -> str:
    return json.dumps({"level": "info", "ts": time.time(), "msg": "m", "request_id": request_id}) + "\n"


def gather(files: list[Path], requests: list[SentRequest], deadline_s: float = 5.0, growing: bool = True) -> Records:
    return asyncio.run(collect(files, CONTRACT, requests, 1.0, deadline_s=deadline_s, growing=growing))


def streams_of(records: Records) -> list[LogStream]:
    found = records[LogStream]
    assert not isinstance(found, NotEvaluated)
    return list(found)


def test_waits_until_the_last_promised_line_is_whole(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    written = threading.Event()

    def service() -> None:
        with log.open("a", encoding="utf-8") as file:
            for piece in (line("r-1"), line("r-2"), line("r-2")[:-5], line("r-2")[-5:]):
                time.sleep(0.05)  # the service's pace, not the collector's
                written.set() if piece.endswith("}\n") and len(piece) == 5 else None
                file.write(piece)
                file.flush()

    thread = threading.Thread(target=service)
    thread.start()
    # Waiting ends with the lines, not at the deadline.
    with within(60):
        (stream,) = streams_of(gather([log], [request("r-1"), request("r-2", expected=2)], deadline_s=120))
    thread.join()
    assert [each.problem for each in stream.lines] == [None, None, None]
    assert written.is_set()


def test_a_log_that_is_complete_costs_no_wait(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    log.write_text(line("r-1"), encoding="utf-8")
    with within(15):
        (stream,) = streams_of(gather([log], [request("r-1")], deadline_s=30))
    assert (stream.service, stream.format, len(stream.requests), stream.emitted_from) == ("api", FORMATS["zap"], 1, 1.0)


def test_a_line_that_never_comes_ends_at_the_deadline(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    log.write_text(line("r-1"), encoding="utf-8")
    started = time.monotonic()
    (stream,) = streams_of(gather([log], [request("r-1"), request("lost")], deadline_s=0.2))
    assert time.monotonic() - started >= 0.2
    assert len(stream.lines) == 1


def test_silent_services_wait_side_by_side(tmp_path: Path) -> None:
    async def all_of_them() -> None:
        files = [tmp_path / f"{number}.log" for number in range(60)]
        await asyncio.gather(*(collect([file], CONTRACT, [request("r")], 1.0, deadline_s=0.5) for file in files))

    with within(15):  # one after the other they would take 30 s
        asyncio.run(all_of_them())


def test_lines_in_a_rotated_file_count(tmp_path: Path) -> None:
    (tmp_path / "api.log.1").write_text(line("r-1"), encoding="utf-8")
    (tmp_path / "api.log").write_text(line("r-2"), encoding="utf-8")
    (stream,) = streams_of(gather([tmp_path / "api.log"], [request("r-1"), request("r-2")]))
    assert [each.record and each.record.request_id for each in stream.lines] == ["r-1", "r-2"]


@pytest.mark.parametrize(("name", "reason"), [("absent.log", "no such file"), (".", None)])
def test_a_log_that_cannot_be_read_is_a_stream_without_lines(tmp_path: Path, name: str, reason: str | None) -> None:
    (stream,) = streams_of(gather([tmp_path / name], [request("r-1")], deadline_s=0.1))
    assert stream.lines == ()
    assert stream.missing == (reason or stream.missing)
    assert stream.missing


def test_a_service_without_a_known_log_is_not_evaluated() -> None:
    assert gather([], [])[LogStream] == NotEvaluated("it is not known where api logs")


def test_of_several_files_each_answers_for_its_own_requests(tmp_path: Path) -> None:
    files = [tmp_path / "a.log", tmp_path / "b.log"]
    files[0].write_text(line("r-1"), encoding="utf-8")
    files[1].write_text(line("r-2"), encoding="utf-8")
    first, second = streams_of(gather(files, [request("r-1"), request("r-2"), request("lost")], deadline_s=0.1))
    assert [sent.request_id for sent in first.requests] == ["r-1", "lost"]
    assert [sent.request_id for sent in second.requests] == ["r-2"]


def test_of_a_log_older_than_the_run_the_moment_of_reading_is_known(tmp_path: Path) -> None:
    (tmp_path / "api.log").write_text(line("r-1"), encoding="utf-8")
    before = time.time()
    (stream,) = streams_of(asyncio.run(collect([tmp_path / "api.log"], CONTRACT, [], None)))
    assert stream.written is None
    assert stream.emitted_to is not None
    assert before <= stream.emitted_to <= time.time()


@pytest.mark.parametrize(
    ("text", "syntax"),
    [
        ("ts=2026-11-24T06:00:00Z level=info msg=ready\n", "logfmt"),
        ('I1124 06:00:00.123456       1 a.go:7] "ready"\n', "klog"),
        ('{"level":"info","ts":1795500000.5,"msg":"ready"}\n', None),
        ("06:00:00 INFO ready\n", None),
    ],
)
def test_lines_of_a_log_without_a_declared_format_are_read_as_what_they_look_like(
    tmp_path: Path, text: str, syntax: str | None
) -> None:
    (tmp_path / "api.log").write_text(text, encoding="utf-8")
    (stream,) = streams_of(asyncio.run(collect([tmp_path / "api.log"], LogContract("api"), [], None)))
    assert (stream.format and stream.format.name) == syntax
    assert [line.problem is None for line in stream.lines] == ["INFO ready" not in text]
