"""A test that leaves a process, a thread or a socket behind fails, and no other does."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from tests.support import leaks

TESTS = """
import socket, subprocess, threading
import pytest
from tests.support import leaks

leaks.ENDING_S = 0.5
kept = []

@pytest.fixture(scope="module")
def server():
    kept.append(subprocess.Popen(["sleep", "300"]))
    yield
    if ENDS:
        kept[0].kill()
        kept[0].wait()

def test_before(server): pass
"""
LEAVING = """
ENDS = True
def test_process(): kept.append(subprocess.Popen(["sleep", "300"], start_new_session=True))
def test_orphan(): subprocess.run(["sh", "-c", "setsid sleep 300 &"])
def test_thread(): threading.Thread(target=threading.Event().wait, daemon=True, name="waiting").start()
def test_socket(): kept.append(socket.create_server(("127.0.0.1", 0)))
def test_nothing(): subprocess.run(["true"])
"""
EXPECTED = {
    ("test_leaving.py::test_process", "test, test_process,", "process"),
    ("test_leaving.py::test_orphan", "test, test_orphan,", "process"),
    ("test_leaving.py::test_thread", "test, test_thread,", "thread"),
    ("test_leaving.py::test_socket", "test, test_socket,", "socket"),
    ("test_module.py::test_before", "module", "process"),
}


def test_the_one_that_leaves_something_is_the_one_that_fails(tmp_path: Path) -> None:
    (tmp_path / "test_leaving.py").write_text(TESTS + LEAVING, encoding="utf-8")
    (tmp_path / "test_module.py").write_text(TESTS + "ENDS = False\n", encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.support.leaks", "-p", "no:cacheprovider", "-q", "-rA", "."],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "PYTEST_ADDOPTS": "", "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.findall(r"^ERROR (\S+) - Failed: this (.+) left behind: (\w+) ", run.stdout, re.MULTILINE)
    assert set(found) == EXPECTED, run.stdout
    assert len(found) == len(EXPECTED)
    assert "7 passed, 5 errors" in run.stdout


def test_a_socket_that_is_closed_while_it_is_looked_at_is_not_left() -> None:
    with socket.socket() as gone:
        descriptor = gone.fileno()
        assert f"with descriptor {descriptor}" in leaks._described(descriptor)
    assert leaks._described(descriptor) == ""
