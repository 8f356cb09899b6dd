"""A live console is only read: what is asked of it with the accounts of a target file, and what is not."""

import asyncio
import http
import ssl
from collections.abc import Callable, Container, Mapping, MutableMapping
from pathlib import Path

import pytest
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Scope
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from stack.backends.attached.target_file import ConsoleFacts, TargetFile, TargetFileError
from stack.clients.sign_in import Access
from stack.records.console.access import ConsoleAccess
from suites.console.collect import lines, trial
from suites.console.collect.asking import OPEN, Console, ConsoleSilent
from suites.console.collect.live import try_live
from suites.core.discovery import in_area
from suites.core.evidence import Evidence, NotEvaluated, Records
from suites.core.verdict import Verdict, judge
from tests.console.broken import asked
from tests.console.on_stand_ins import console_on_stand_ins
from tests.support.certificates import Authority

NOT_READ = {
    "accounts-are-not-told", "forged-addresses-ignored", "get-changes-nothing", "no-default-account",
    "secrets-not-logged", "sign-in-is-limited", "tail-is-prompt", "tail-keeps-order", "tail-loses-nothing",
    "tail-repeats-nothing", "session-secure-with-tls", "terminal-ends-at-sign-out",
    "audit-lines-are-stored", "cross-site-changes-refused", "session-new-at-sign-in",
}  # fmt: skip  # a list of names
"""What only a console of the suite's own is tried for."""


Note = Callable[[Scope, MutableMapping[str, str]], ASGIApp | None]
Tokens = Mapping[str, str]
"""The token of each account to name in the target file, by role."""


def read(folder: Path, note: Note, tokens: Callable[[Tokens], Tokens] = lambda made: made) -> Records:
    """What is collected of a live console that sees `note` for each request."""

    async def within() -> Records:
        async with console_on_stand_ins(folder, asked(note)) as (console, own, where):
            for name in ("mine", "other"):
                # Lines of a while ago: an export of a live console leaves out what may still arrive.
                lines.Writer(where.folder, name, begun_s=600).write(50)
            accounts = await trial.accounts(console, own.admin, ["mine"])
            named = tokens({role: accounts[role].token for role in ("admin", "limited")})
            given = {role: Access(bearer=token) for role, token in named.items()}
            if named:
                given["viewer"] = Access((accounts["viewer"].name, accounts["viewer"].password))
            live = Console(console.url)
            try:
                await live.ask("POST", "/begins")
                return await try_live(live, ConsoleFacts(console.url, given), where.reader, "")
            finally:
                await live.close()

    return asyncio.run(within())


def judged(found: Records) -> dict[str, Verdict]:
    verdicts = {}
    for rule in (one for one in in_area("console") if one.record in trial.RECORDS):
        record = found[rule.record]
        evidence = record if isinstance(record, NotEvaluated) else Evidence(tuple(record), "live")
        verdicts[rule.id.partition("/")[2]] = judge(rule, "console", evidence)
    return verdicts


def test_a_live_console_is_read_and_not_changed(tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []

    def note(scope: Scope, headers: Container[str]) -> ASGIApp | None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD"):
            seen.append((scope["method"], scope["path"]))
        # A container of a service that logs nothing: the account may see it, which no list of lines says.
        quiet = scope["path"] == "/api/v1/containers" and "authorization" in headers
        return JSONResponse({"containers": [{"name": "quiet-1", "service": "quiet"}]}) if quiet else None

    found = read(tmp_path, note)
    changes = seen[seen.index(("POST", "/begins")) + 1 :]
    assert set(changes) == {("POST", "/api/v1/session"), ("DELETE", "/api/v1/session")}
    verdicts = judged(found)
    assert {name for name, one in verdicts.items() if one.outcome == "not-evaluated"} == NOT_READ
    assert [one for one in verdicts.values() if one.outcome in ("fail", "warn", "error")] == []
    access = found[ConsoleAccess]
    assert not isinstance(access, NotEvaluated)
    assert {one.account for one in access[0].asked} == {"nobody", "viewer", "admin"}


def test_a_console_without_its_log_store_is_read_all_the_same(tmp_path: Path) -> None:
    def without(scope: Scope, headers: Container[str]) -> ASGIApp | None:
        silent = scope["path"] == "/api/v1/logs/services" and "authorization" in headers
        return PlainTextResponse("no Loki", 503) if silent else None

    verdicts = judged(read(tmp_path, without))
    of_lines = {"exports-are-complete", "lists-stay-in-scope", "outside-looks-absent", "text-stays-text"}
    for name in of_lines:
        assert "answers 503: no Loki" in str(verdicts[name].reason)
    assert {"cookie-attributes", "audit-chain-is-intact"} <= {
        name for name, one in verdicts.items() if one.outcome == "pass"
    }


def test_a_list_that_is_a_bare_array_does_not_say_where_it_stopped(tmp_path: Path) -> None:
    def bare(scope: Scope, headers: Container[str]) -> ASGIApp | None:
        listed = scope["path"] == "/api/v1/containers" and "authorization" in headers
        rows = [{"name": f"quiet-{number}", "service": "quiet"} for number in range(9)]
        return JSONResponse(rows) if listed else None

    verdict = judged(read(tmp_path, bare))["lists-say-where-they-stopped"]
    assert "/api/v1/containers" in verdict.findings[0].message


@pytest.mark.parametrize(
    ("wrong", "why"),
    [("expired", "as admin answers 401"), ("limited", "names as `admin` has the role viewer")],
)
def test_an_account_that_is_not_what_the_target_file_says_is_no_mistake_of_the_console(
    tmp_path: Path, wrong: str, why: str
) -> None:
    with pytest.raises(ConsoleSilent, match=why):
        read(tmp_path, lambda *_: None, lambda made: {**made, "admin": made.get(wrong, wrong)})


def test_without_an_account_no_verdict_on_roles_is_given(tmp_path: Path) -> None:
    verdict = judged(read(tmp_path, lambda *_: None, lambda _: {}))["endpoints-need-their-role"]
    assert verdict.outcome == "not-evaluated"
    assert "name some under `console: accounts:`" in str(verdict.reason)


def test_the_accounts_of_a_console_come_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "target.yaml"
    file.write_text(
        "console:\n  url: https://c.example/\n  accounts:\n    admin: {bearer: {env: TOKEN_OF_ADMIN}}\n"
        "    viewer: {user_env: NAME_OF_VIEWER, password_env: PASSWORD_OF_VIEWER}\n"
    )
    given = {"TOKEN_OF_ADMIN": "t", "NAME_OF_VIEWER": "v", "PASSWORD_OF_VIEWER": "p"}
    facts = TargetFile.load(file, given).console
    assert facts == ConsoleFacts("https://c.example", {"admin": Access(bearer="t"), "viewer": Access(("v", "p"))})
    with pytest.raises(TargetFileError, match=r"target\.yaml:5.*PASSWORD_OF_VIEWER is not set"):
        TargetFile.load(file, given | {"PASSWORD_OF_VIEWER": ""})
    file.write_text("console: {job: console, replicas: 2}\n")
    assert TargetFile.load(file, {}).console is None
    file.write_text("console: {url: https://c.example, accounts: {owner: {user: {env: A}, password: {env: A}}}}\n")
    with pytest.raises(TargetFileError, match="owner"):
        TargetFile.load(file, {"A": "a"})


def test_a_console_is_reached_as_the_target_file_says(tmp_path: Path) -> None:
    Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "ca.pem", tmp_path / "ca.key")

    def answer(connection: ServerConnection, request: Request) -> Response | None:
        opens = "Upgrade" in request.headers and request.path == "/base/socket"
        return None if opens else connection.respond(http.HTTPStatus.OK, request.path)

    async def within() -> None:
        async with serve(lambda _: asyncio.sleep(0), "127.0.0.1", ssl=context, process_request=answer) as server:
            url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/base"
            file = tmp_path / "target.yaml"
            file.write_text(f"console: {{url: '{url}', ca_file: ca.pem}}\n")
            known, unknown = Console(url, access=TargetFile.load(file, {}).access["console"]), Console(url)
            try:
                assert (await known.ask("GET", "/page")).text == "/base/page"
                assert (await known.opened("/socket", {}))[0] == OPEN
                for refused in (unknown.ask("GET", "/page"), unknown.opened("/socket", {})):
                    with pytest.raises(ConsoleSilent, match="CERTIFICATE_VERIFY_FAILED"):
                        await refused
            finally:
                await known.close()
                await unknown.close()

    asyncio.run(within())
