"""The audit log: what verification finds, and that a crash between file and database is no break."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stack.console.audit import FIRST, AuditLog, _hash, end_of_chain, verify
from stack.console.database import Database
from suites.console.collect.audit import breaks
from tests.console.conftest import Console, Consoles


def written(folder: Path, count: int = 5) -> tuple[Path, Database]:
    database = Database(folder / "console.db")
    log = AuditLog(folder / "audit.log", database, {"service": "console-audit", "system": "monitoring"})
    for number in range(count):
        log.write("sensitive_read", "success", actor="ada", address="", request_id="r", target=f"export {number}")
    log.close()
    return folder / "audit.log", database


def changed(lines: list[str]) -> list[str]:
    return [line.replace("export 2", "export 7") for line in lines]


def renumbered(lines: list[str]) -> list[str]:
    return [*lines[:2], json.dumps(json.loads(lines[2]) | {"sequence": 9}), *lines[3:]]


def _hashed(line: dict[str, Any]) -> str:
    return json.dumps(line | {"hash": _hash(line)})


@pytest.mark.parametrize(
    ("harm", "breaks"),
    [
        (lambda lines: lines, []),
        (changed, ["line 3 was changed"]),
        (renumbered, ["line 3 was changed", "line 4 was inserted"]),
        (lambda lines: [*lines[:1], *lines[3:]], ["line 2 2 lines before it are missing"]),
        (lambda lines: lines[1:], ["line 1 1 lines before it are missing"]),
        (lambda lines: lines[:-2], ["line 3 2 lines after it are missing"]),
        (lambda _: [], ["line 0 5 lines after it are missing"]),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], ["line 3 was inserted"]),
        (lambda lines: [*lines, '{"event": "made up"}'], ["line 6 is no line"]),
        (lambda lines: [*lines, "[]"], ["line 6 is no line"]),
        (lambda lines: [*lines, _hashed({"sequence": "6", "previous": ""})], ["line 6 is no line"]),
        (lambda lines: [*lines, "[" * 100_000], ["line 6 is no line"]),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], ["line 2 1 lines before it", "line 3 was inserted"]),
    ],
)
def test_what_was_done_to_the_log_is_found(
    tmp_path: Path, harm: Callable[[list[str]], list[str]], breaks: list[str]
) -> None:
    path, database = written(tmp_path)
    path.write_text("".join(f"{line}\n" for line in harm(path.read_text().splitlines())))
    found = [f"line {each.line} {each.message}" for each in verify(path, end_of_chain(database))]
    assert [text[: len(start)] for text, start in zip(found, breaks, strict=False)] == breaks
    assert bool(found) == bool(breaks)


def test_a_whole_new_chain_is_found(tmp_path: Path) -> None:
    path, database = written(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    forged, _ = written(other)
    path.write_bytes(forged.read_bytes())
    assert verify(path, end_of_chain(database))


def test_a_line_that_the_database_missed_in_a_crash_is_taken_over(tmp_path: Path) -> None:
    path, database = written(tmp_path)
    line = json.loads(path.read_text().splitlines()[-1])
    database.write("INSERT OR REPLACE INTO audit_end VALUES (1, ?, ?)", line["sequence"] - 1, line["previous"])
    log = AuditLog(path, database, {"service": "console-audit", "system": "monitoring"})
    log.write("sys_startup", "success", actor="console", address="", request_id="")
    assert verify(path, end_of_chain(database)) == []


@pytest.mark.parametrize("harm", ["write", "fsync"])
def test_a_full_disk_refuses_the_act_and_leaves_the_chain_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    path, database = written(tmp_path)
    log = AuditLog(path, database, {"service": "console-audit", "system": "monitoring"})
    write = os.write

    def half(file: int, line: bytes) -> int:
        return write(file, line[: len(line) // 2])

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, harm, half if harm == "write" else full)
        with pytest.raises(OSError, match=r"(?i)no space left"):
            log.write("sensitive_read", "success", actor="ada", address="", request_id="")
    log.write("sensitive_read", "success", actor="ada", address="", request_id="")
    log.close()
    assert verify(path, end_of_chain(database)) == []
    assert end_of_chain(database)[0] == 6


def test_a_line_that_somebody_put_into_the_log_keeps_nobody_from_reading_it(consoles: Consoles) -> None:
    async def act(console: Console) -> None:
        with console.app.state.guard.audit.path.open("a") as log:
            log.write('{"event": "made up"}\n')
        page = await console.send("GET", "/api/v1/audit", "ada", params={"limit": 1})
        assert page.json()["lines"][0]["event"] == "sys_startup"
        told = (await console.send("GET", "/api/v1/audit/verification", "ada")).json()
        assert told["breaks"] == ["line 2 is no line of the audit log"]

    consoles.run(act)


def test_pages_of_the_log_leave_no_line_out(consoles: Consoles) -> None:
    async def act(console: Console) -> None:
        for number in range(30):
            await console.send(
                "POST", "/api/v1/users", "ada", json={"name": f"u{number}", "password": "x", "role": "viewer"}
            )
            console.app.state.guard.audit.write(
                "authz_fail", "refused", actor="ada\nforged", address="", request_id="r", target=f"{number}"
            )
        seen, before = [], None
        while True:
            page = (
                await console.send(
                    "GET", "/api/v1/audit", "ada", params={"limit": 7, **({"before": before} if before else {})}
                )
            ).json()
            seen += [line["sequence"] for line in page["lines"]]
            before = page["next"]
            if before is None:
                break
        assert seen == sorted(seen, reverse=True)
        assert seen[-1] == 1
        assert len(seen) == seen[0]
        exported = (await console.send("GET", "/api/v1/audit/export", "ada")).text.splitlines()
        assert len(exported) == seen[0] + 1  # and the line about this export
        assert json.loads(exported[0])["event"] == "sensitive_read"
        assert (await console.send("GET", "/api/v1/audit/verification", "ada")).json()["intact"]

    consoles.run(act)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, []),
        ({"previous": "f" * 64}, ["line 1 does not continue line 0"]),
        ({"sequence": 3}, ["2 lines before the first are missing"]),
        ({"sequence": None}, ["line None does not continue line 0"]),
    ],
)
def test_the_suite_sees_where_an_exported_log_does_not_begin(changed: dict[str, Any], says: list[str]) -> None:
    line = {"event": "sys_startup", "sequence": 1, "previous": FIRST, **changed}
    assert list(breaks([line | {"hash": _hash(line)}])) == says
