"""What a trial of the console takes for evidence: an answer that shows nothing is left out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Scope

from stack.console.api.logs import FORMATS
from stack.console.upstream.loki import LogLine
from stack.records.console.access import ConsoleListings, ConsoleQueries, ConsoleScope
from stack.records.logs.entry import LogEntry
from suites.console.collect import access, audit, contract, lines, queries, requests, sessions, trial
from suites.console.collect.asking import Account, Console, ConsoleSilent
from suites.console.helpers.forgeries import accepted
from suites.core.evidence import NotEvaluated
from tests.console.broken import asked
from tests.console.on_stand_ins import console_on_stand_ins

T = TypeVar("T")
VERIFIED = "/api/v1/audit/verification"
pytestmark = pytest.mark.usefixtures("quick_passwords", "quick_streams")


def tried(
    folder: Path,
    act: Callable[[Console, dict[str, Account]], Awaitable[T]],
    change: Callable[[FastAPI], None] = lambda _: None,
) -> T:
    """What `act` finds at a console with two lines of `mine` and of `other`, of which `limited` sees the former."""

    async def within() -> T:
        async with console_on_stand_ins(folder, change) as (console, own, where):
            for name in ("mine", "other"):
                writer = lines.Writer(where.folder, name)
                writer.write(2)
                await lines.stored(where.reader, writer)
            return await act(console, await trial.accounts(console, own.admin, ["mine"]))

    return asyncio.run(within())


def answering(path: str, status: int) -> Callable[[FastAPI], None]:
    """A change by which the console answers a path with a status."""
    return asked(lambda scope, _: PlainTextResponse("no", status) if scope["path"] == path else None)


def test_a_stream_that_ends_by_itself_was_not_ended_by_the_sign_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any) -> AsyncIterator[Any]:
        return
        yield

    monkeypatch.setattr("stack.console.api.live._log_messages", nothing)
    found = tried(tmp_path, lambda console, known: sessions.session(console, known["guest"], "mine", again=False))
    assert found.signed_out == 401
    assert found.streams == ()


def test_a_planted_id_shows_nothing_where_the_sign_in_with_it_is_refused(tmp_path: Path) -> None:
    def refuse(scope: Scope, headers: object) -> ASGIApp | None:
        again = scope["path"] == sessions.SESSION and scope["method"] == "POST" and "cookie" in headers  # type: ignore[operator]  # a mapping
        return PlainTextResponse("slow down", 429) if again else None

    found = tried(
        tmp_path, lambda console, known: sessions.session(console, known["guest"], "mine", again=True), asked(refuse)
    )
    assert (found.planted, found.before) == (None, None)


def test_passwords_that_a_locked_address_sends_are_not_tried(tmp_path: Path) -> None:
    async def act(console: Console, known: dict[str, Account]) -> Any:
        for number in range(20):
            await console.ask("POST", sessions.SESSION, json={"name": f"nobody-{number}", "password": "wrong"})
        return await sessions.sign_ins(console, known["guest"])

    found = tried(tmp_path, act)
    assert found.known.status == found.unknown.status == 429
    assert found.tried == ()


def test_passwords_that_a_console_without_them_gets_are_not_tried(tmp_path: Path) -> None:
    found = tried(
        tmp_path, lambda console, known: sessions.sign_ins(console, known["guest"]), answering(sessions.SESSION, 404)
    )
    assert found.tried == ()


def test_a_token_that_works_nowhere_shows_nothing_about_urls(tmp_path: Path) -> None:
    gone = Account("viewer", token="expired")
    with pytest.raises(ConsoleSilent, match=r"the token of viewer is refused in the header, too \(401\): renew it"):
        tried(tmp_path, lambda console, _: requests.urls(console, gone, ()))


@pytest.mark.parametrize(("status", "paths"), [(404, 1), (401, 2)])
def test_what_the_gateway_does_not_let_through_is_no_forged_identity(tmp_path: Path, status: int, paths: int) -> None:
    async def act(console: Console, known: dict[str, Account]) -> Any:
        _, cookie = await sessions.sign_in(console, known["guest"])
        return await requests.forgeries(console, cookie, "admin", "mine", changes=False)

    found = tried(tmp_path, act, answering("/internal/authorize", status))
    assert len(found.identities) == paths * len(requests.IDENTITY_HEADERS)
    assert list(accepted(found, found.identities)) == []


@pytest.mark.parametrize("status", [404, 429, 503])
def test_what_was_not_done_needs_no_line_and_what_was_not_verified_is_not_broken(tmp_path: Path, status: int) -> None:
    async def act(console: Console, known: dict[str, Account]) -> int:
        before = len(console.acts)
        await console.ask("GET", VERIFIED, known["admin"], act=("an export of lines", "sensitive_read"))
        with pytest.raises(ConsoleSilent, match=f"{VERIFIED} answers {status}"):
            await audit.chain(console, known["admin"])
        return len(console.acts) - before

    assert tried(tmp_path, act, answering(VERIFIED, status)) == 0


def test_a_list_with_just_as_much_as_was_asked_for_was_not_cut(tmp_path: Path) -> None:
    found = tried(tmp_path, lambda console, known: requests.bounds(console, known["admin"], "mine"))
    shown = {one.request.partition("?")[0] for one in found.lists}
    assert "GET /api/v1/logs/mine" not in shown
    assert {"GET /api/v1/audit", "GET /api/v1/users"} <= shown


def test_an_export_shows_the_services_of_its_lines(tmp_path: Path) -> None:
    found = tried(tmp_path, lambda console, known: queries.listings(console, known["admin"], [], "mine", "other"))
    export = next(one for one in found.shown if "/export" in one.request)
    assert set(export.services) == {"mine", "other"}


def test_a_failure_outside_of_the_scope_alone_is_kept(tmp_path: Path) -> None:
    async def act(console: Console, known: dict[str, Account]) -> Any:
        endpoints = [one for one in await contract.read(console) if one.name == "GET /api/v1/logs/{service_id}"]
        return await access.scope(console, endpoints, [known["limited"]], "mine", "other")

    found = tried(tmp_path, act, answering("/api/v1/logs/other", 502))
    assert [(one.about, one.status) for one in found.asked] == [("own", 200), ("other", 502), ("absent", 404)]


def test_a_scope_about_which_no_server_answers_is_missing(tmp_path: Path) -> None:
    def fail(scope: Scope, _: object) -> ASGIApp | None:
        about = scope["path"].startswith("/api/v1/logs/") and scope["path"] != "/api/v1/logs/services"
        return PlainTextResponse("no Loki", 503) if about else None

    async def act(console: Console, known: dict[str, Account]) -> Any:
        endpoints = [one for one in await contract.read(console) if one.name == "GET /api/v1/logs/{service_id}"]
        return await access.scope(console, endpoints, [known["limited"]], "mine", "other")

    with pytest.raises(ConsoleSilent, match="every request about a service fails, the first with 503"):
        tried(tmp_path, act, asked(fail))


@pytest.mark.parametrize(("cut", "differs"), [(0, {""}), (1, {"line 4", "line 5"})])
def test_an_export_of_several_streams_is_compared_as_each_format_writes_it(
    cut: int, differs: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = [(1, "a", "=1+1"), (2, "a", "first\nsecond"), (2, "b", "other"), (3, "a", "last")]
    entries = [LogEntry((("instance", instance),), time, line) for time, instance, line in stored]
    # Lines of one time are in the order in which a log store happens to have the streams.
    mixed = [stored[at] for at in (0, 2, 1, 3)][: 4 - cut]
    told = [LogLine(time, {"instance": instance}, {}, line) for time, instance, line in mixed]

    async def ask(_: Console, __: str, path: str, *___: Any, **____: Any) -> httpx.Response:
        write, kind = FORMATS[path.rpartition("=")[2]]
        return httpx.Response(200, content=(b"columns\r\n" if "csv" in kind else b"") + write(told))

    monkeypatch.setattr(Console, "ask", ask)
    found = asyncio.run(lines.exports(Console("http://c.test"), Account("viewer"), "mine", 1, 4, entries))
    assert {one.first_difference for one in found.exports} == differs


DELETED_BY = {
    "/api/v1/users/": "DELETE FROM accounts WHERE name = ?",
    "/api/v1/tokens/": "DELETE FROM tokens WHERE id = ?",
}


@pytest.mark.parametrize(("path", "what"), [("/api/v1/users/", "the accounts"), ("/api/v1/tokens/", "the tokens")])
def test_a_change_of_one_account_or_token_by_get_is_seen(tmp_path: Path, path: str, what: str) -> None:
    def change(app: FastAPI) -> None:
        def delete(scope: Scope, _: object) -> ASGIApp | None:
            if scope.get("method") == "GET" and scope["path"].startswith(path):
                app.state.database.write(DELETED_BY[path], scope["path"].removeprefix(path))
            return None

        asked(delete)(app)

    async def act(console: Console, known: dict[str, Account]) -> Any:
        endpoints = await contract.read(console)
        return await requests.reads(console, endpoints, known["admin"], "mine", known["unscoped"])

    assert what in tried(tmp_path, act, change).changed


def test_reads_that_are_all_refused_show_nothing_about_changes(tmp_path: Path) -> None:
    def refuse(scope: Scope, _: object) -> ASGIApp | None:
        known = scope["path"] in ("/api/v1/users", "/api/v1/tokens", contract.DOCUMENT)
        return None if known or scope.get("method") != "GET" else PlainTextResponse("slow down", 429)

    async def act(console: Console, known: dict[str, Account]) -> Any:
        endpoints = [one for one in await contract.read(console) if "/logs/" in one.path]
        return await requests.reads(console, endpoints, known["admin"], "mine", known["unscoped"])

    with pytest.raises(ConsoleSilent, match="no request by GET was taken: answered with 429"):
        tried(tmp_path, act, asked(refuse))


def test_nothing_is_said_about_a_scope_whose_lines_are_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def late(*_: object) -> None:
        raise TimeoutError("40 lines of trial-own in the log store")

    async def within() -> Any:
        async with console_on_stand_ins(tmp_path) as (console, own, _):
            names = lines.services()
            known = await trial.accounts(console, own.admin, [names["own"]])
            tried = trial.Trial(console)
            await trial._answers(tried, own, (), known, {"own": None, "other": None}, names, [names["own"]])  # type: ignore[dict-item]  # none is read
            return tried.records

    monkeypatch.setattr(lines, "stored", late)
    found = asyncio.run(within())
    for kind in (ConsoleListings, ConsoleQueries, ConsoleScope):
        assert found[kind] == NotEvaluated("40 lines of trial-own in the log store")


def test_a_live_tail_that_gets_no_connection_is_not_one_that_loses_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def refused(*_: Any) -> AsyncIterator[Any]:
        raise TimeoutError("timed out during opening handshake")
        yield

    monkeypatch.setattr(lines, "STREAMS", dict.fromkeys(lines.STREAMS, refused))
    nothing: Any = None
    with pytest.raises(ConsoleSilent, match="the live tail by WebSocket: timed out during opening handshake"):
        asyncio.run(lines.tails(nothing, nothing, tmp_path, "trial", nothing))
