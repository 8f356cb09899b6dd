"""A console in this process: real application, accounts and audit log; the servers behind it answer from a table."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from stack.console.access.scope import Role
from stack.console.app import create_app
from stack.console.settings import Settings
from tests.console import sshd

PASSWORD = "Kiwi-tree-42-moon"
HOST = "localhost:4080"
ACCOUNTS = {
    "ada": (Role.ADMIN, ["*"], []),
    "otto": (Role.OPERATOR, ["dante"], []),
    "vera": (Role.VIEWER, [], ["storage"]),
    "nemo": (Role.VIEWER, [], []),
}
T = TypeVar("T")


@dataclass
class Behind:
    """The servers behind the console: what they answer by path, and what they were asked."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        for path, answer in self.answers.items():
            if request.url.path.startswith(path):
                return answer(request) if callable(answer) else httpx.Response(200, json=answer)
        return httpx.Response(404, text="no such path")


@dataclass
class Console:
    """The application, and requests to it as one of `ACCOUNTS`."""

    app: FastAPI
    behind: Behind
    settings: Settings
    http: httpx.AsyncClient

    async def send(self, method: str, path: str, account: str = "", **arguments: Any) -> httpx.Response:
        headers = dict(arguments.pop("headers", {}))
        if account:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{account}:{PASSWORD}".encode()).decode()
        return await self.http.request(method, path, headers=headers, **arguments)


class Consoles:
    """Makes consoles; the accounts are made once, since their passwords are slow to hash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made = 0

    @asynccontextmanager
    async def open(self, behind: Behind | None = None, **settings: Any) -> AsyncIterator[Console]:
        self.made += 1
        behind = behind or Behind()
        used = Settings(
            data=self.folder / str(self.made),
            loki="http://loki.test",
            prometheus="http://prometheus.test",
            alertmanager="http://alertmanager.test",
            docker="http://docker.test",
            grafana="http://grafana.test",
        )
        used = Settings(**{**vars(used), **settings})
        app = create_app(used, httpx.MockTransport(behind))
        accounts = app.state.guard.accounts
        for name, (role, systems, services) in ACCOUNTS.items():
            accounts.create(name, PASSWORD, role, systems, services)
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 50000), raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as http,
        ):
            yield Console(app, behind, used, http)

    def run(self, act: Callable[[Console], Awaitable[T]], behind: Behind | None = None, **settings: Any) -> T:
        async def within() -> T:
            async with self.open(behind, **settings) as console:
                return await act(console)

        return asyncio.run(within())


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords that are quick to check: the strength of the hash is no subject of a test that uses this."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("stack.console.access.passwords._HASHER", quick)
    monkeypatch.setattr("stack.console.access.passwords._UNKNOWN", quick.hash("no account has this password"))


@pytest.fixture
def quick_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams that look for new lines, and for the end of a session, sooner than in production."""
    monkeypatch.setattr("stack.console.api.live.CHECK_S", 0.1)
    monkeypatch.setattr("stack.console.upstream.tail.POLL_S", 0.1)


@pytest.fixture
def consoles(tmp_path: Path, quick_passwords: None) -> Consoles:  # noqa: ARG001  # asked for to be in place
    """Consoles that a test opens and asks."""
    return Consoles(tmp_path)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sshd.Sshd]:
    """A real SSH server."""
    with sshd.running(tmp_path_factory.mktemp("sshd") / "server") as server:
        yield server
