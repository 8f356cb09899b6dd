"""Processes, threads and sockets of a test end with it: the test that leaves one is the one that fails.

The fixtures are set up before all others of their scope and torn down after them, so what a module's own fixture
keeps for its tests is the module's and is checked when the module ends.
"""

import contextlib
import gc
import os
import socket
import stat
import threading
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import psutil
import pytest

from stack.backends import ports
from stack.backends.supervisor import supervisor
from stack.eventually import eventually

SESSION = "CONFORMANCE_TEST_SESSION"
"""Environment variable that all processes inherit which tests of this process start, however far down."""

ENDING_S = 30.0
"""How long something that is already ending may take on a machine that is busy."""


_reported: set[object] = set()
"""What a test has failed for already: not its module's fault as well."""


def _sockets() -> frozenset[tuple[int, int]]:
    """Descriptor and inode of every socket of this process."""
    found = set()
    for name in os.listdir("/dev/fd"):  # noqa: PTH208  # descriptors, not files
        with contextlib.suppress(OSError):  # the descriptor of the listing itself
            status = os.fstat(int(name))
            if stat.S_ISSOCK(status.st_mode):
                found.add((int(name), status.st_ino))
    return frozenset(found)


def _tcp(sockets: Iterable[tuple[int, int]]) -> list[tuple[int, int, bool]]:
    """Descriptor, local port and whether it listens, of every TCP socket among these."""
    found = []
    for descriptor, _ in sockets:
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as copy:
            if copy.family in (socket.AF_INET, socket.AF_INET6) and copy.type == socket.SOCK_STREAM:
                listens = bool(copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
                found.append((descriptor, copy.getsockname()[1], listens))
    return found


@dataclass(frozen=True)
class Resources:
    """What there is: threads and sockets of this process, and the ids of all processes of this machine."""

    threads: frozenset[threading.Thread] = field(default_factory=lambda: frozenset(threading.enumerate()))
    sockets: frozenset[tuple[int, int]] = field(default_factory=_sockets)
    processes: frozenset[int] = field(default_factory=lambda: frozenset(psutil.pids()))
    served: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        """Note which ports are served."""
        served = frozenset(port for _, port, listens in _tcp(self.sockets) if listens)
        object.__setattr__(self, "served", served)

    def left(self) -> dict[object, str]:
        """What is there now, was not there then, and comes from this process."""
        pids = {pid for pid in psutil.pids() if pid not in self.processes and pid != supervisor().pid}
        found: dict[object, str] = {pid: f"process {pid}: {command}" for pid in pids if (command := _ours(pid))}
        found |= {one: f"thread {one.name}" for one in threading.enumerate() if one not in self.threads}
        if fresh := _sockets() - self.sockets:
            reserved = {one.fileno() for one in ports._shared._reserved}  # by `free_port`, for the life of this process
            # What clients keep open to a server that was there before is its server's, and ends with it.
            accepted = {descriptor for descriptor, port, listens in _tcp(fresh) if port in self.served and not listens}
            others = (one for one in fresh if one[0] not in reserved | accepted)
            found |= {one: f"socket {text}" for one in others if (text := _described(one[0]))}
        return {one: text for one, text in found.items() if one not in _reported}


def _described(descriptor: int) -> str:
    """Address and descriptor of a socket; empty where another thread has closed it meanwhile."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as copy:
        return f"{copy.family.name} {copy.getsockname()} with descriptor {descriptor}"
    return ""


def _ours(pid: int) -> str:
    """The command of a running process that this one started, directly or not; empty for any other."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.environ().get(SESSION) == os.environ[SESSION]:
            return " ".join(process.cmdline()) or process.name()
    return ""


def _check(scope: str) -> Iterator[None]:
    supervisor()  # it serves all tests of this process
    before = Resources()
    yield
    if not before.left():
        return
    gc.collect()  # so that a connection that nothing refers to any more is this test's
    with contextlib.suppress(TimeoutError):
        eventually(before.left, lambda left: not left, ENDING_S, max_interval_s=0.2)
    if not (left := before.left()):
        return
    _reported.update(left)
    for one in left:
        if isinstance(one, int):  # the next tests are not to suffer from it
            with contextlib.suppress(psutil.Error):
                psutil.Process(one).kill()
    pytest.fail(f"this {scope} left behind: {'; '.join(left.values())}", pytrace=False)


@pytest.fixture(autouse=True, scope="session")
def session_mark() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SESSION, uuid.uuid4().hex)
        yield


@pytest.fixture(autouse=True, scope="module")
def nothing_left_of_a_module() -> Iterator[None]:
    """See that what fixtures of a module started has ended."""
    yield from _check("module")


@pytest.fixture(autouse=True)
def nothing_left_of_a_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """See that what a test started has ended."""
    yield from _check(f"test, {request.node.name},")
