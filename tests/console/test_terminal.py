"""The terminal with a real SSH server: who gets in, what goes over, and what ends it."""

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from stack.console.terminal.config import TerminalConfig
from tests.console import sshd
from tests.console.conftest import HOST, PASSWORD, Consoles
from tests.console.terminals import Served, asciicast, basic, config_of, serve
from tests.support.pace import within

pytestmark = pytest.mark.skipif(bool(sshd.ABSENT), reason=sshd.ABSENT)
BROWSER = {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin", "X-Console-Request": "1"}


def test_what_is_typed_is_echoed_and_the_size_follows(consoles: Consoles, server: sshd.Sshd) -> None:
    async def act(served: Served) -> None:
        async with served.terminal() as terminal:
            await terminal.type("stty size; echo he''llo-$((6*7)) é\n")
            await terminal.until("30 100")
            await terminal.until("hello-42 é")
            await terminal.resize(61, 17)
            await terminal.type("stty size\n")
            await terminal.until("17 61")
            await terminal.type("exit 3\n")
            assert await terminal.until_end() == "the shell ended with status 3"
            assert terminal.socket.close_code == 1000
        line = await served.ended()
        assert line["details"]["reason"] == "the shell ended with status 3"
        (begun,) = served.audit("session_created")
        assert begun["actor"] == "ada"
        assert begun["target"] == "terminal bastion"
        assert begun["details"]["recording"] == line["details"]["recording"]

    serve(consoles, config_of(server.target()), act)


def test_nothing_is_forwarded(consoles: Consoles, server: sshd.Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server allows it and logs each request: none is made, though this process has an agent and a display."""
    monkeypatch.setenv("SSH_AUTH_SOCK", "/nonexistent/agent")
    monkeypatch.setenv("DISPLAY", ":0")
    before = len(server.log)

    async def act(served: Served) -> None:
        async with served.terminal() as terminal:
            await terminal.type("echo agent=${SSH_AUTH_SOCK:-none} display=${DISPLAY:-none}\n")
            await terminal.until("agent=none display=none")

    serve(consoles, config_of(server.target()), act)
    log = server.log[before:]
    assert "pty-req" in log
    for request in ("auth-agent-req", "x11-req", "tcpip-forward", "direct-tcpip", "streamlocal"):
        assert request not in log


def test_a_changed_host_key_is_refused_and_audited(consoles: Consoles, server: sshd.Sshd, tmp_path: Path) -> None:
    others = [
        sshd.new_key(tmp_path / kind, kind).with_suffix(".pub").read_text(encoding="ascii").strip()
        for kind in ("ed25519", "rsa")
    ]
    targets = [server.target(f"t{number}", key) for number, key in enumerate(others)]

    async def act(served: Served) -> None:
        for target in targets:
            before = server.log.count("publickey")
            async with served.terminal(target=target.name) as terminal:
                reason = await terminal.until_end()
                assert reason.startswith(f"refused: {target.name} has another host key than the pinned one: SHA256:")
                assert terminal.socket.close_code == 1008
            assert server.log.count("publickey") == before, "the private key was shown to a host that is not known"
            line = served.audit("session_created")[0]
            assert (line["outcome"], line["target"]) == ("refused", f"terminal {target.name}")
            assert line["details"]["reason"] == reason
        assert served.console.app.state.terminals.recordings.all() == []

    serve(consoles, config_of(*targets), act)


def test_a_host_that_cannot_be_reached_or_refuses_says_so(
    consoles: Consoles, server: sshd.Sshd, tmp_path: Path
) -> None:
    stranger = replace(server.target("stranger"), private_key=sshd.new_key(tmp_path / "other"))
    locked = tmp_path / "locked"
    locked.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n", encoding="ascii")
    targets = {
        "does not let": stranger,
        "cannot be reached": replace(server.target("nobody"), port=1),
        "cannot be used": replace(server.target("locked"), private_key=locked),
    }

    async def act(served: Served) -> None:
        for reason, target in targets.items():
            async with served.terminal(target=target.name) as terminal:
                assert reason in await terminal.until_end()
            assert served.audit("session_created")[0]["outcome"] == "refused"

    serve(consoles, config_of(*targets.values()), act)


def test_only_admins_who_see_everything_get_in(consoles: Consoles, server: sshd.Sshd) -> None:
    async def act(served: Served) -> None:
        limited = served.console.app.state.guard.accounts
        limited.create("lena", PASSWORD, limited.get("ada").role, ["dante"], [])
        for account in ("vera", "otto"):
            for target in ("bastion", "no-such-host"):
                status, body = await served.refused(account=account, target=target)
                assert (status, "needs the role admin" in body) == (403, True)
        assert served.audit("authz_fail")[0]["actor"] == "otto"
        nothing = [
            await served.refused(headers={"Authorization": basic(name), "X-Request-ID": "0" * 8}, target=target)
            for name, target in (("lena", "bastion"), ("lena", "no-such-host"), ("ada", "no-such-host"))
        ]
        assert {(status, body) for status, body in nothing} == {(404, nothing[0][1])}
        for path in ("targets", "sessions", "recordings", "recordings/20260101T000000Z-0000000000000000"):
            assert (await served.console.send("GET", f"/api/v1/terminal/{path}", "lena")).status_code == 404
        assert (await served.refused(headers={"X-Request-ID": "0" * 8}))[0] == 401
        assert served.audit("session_created") == []

    serve(consoles, config_of(server.target()), act)


def test_another_site_gets_no_terminal(consoles: Consoles, server: sshd.Sshd) -> None:
    async def act(served: Served) -> None:
        cookie = await _cookie(served)
        for headers in (
            {"Origin": "http://evil.example"},
            {"Origin": BROWSER["Origin"], "Sec-Fetch-Site": "cross-site"},
            {},
        ):
            assert (await served.refused(headers={"Cookie": cookie, **headers}))[0] == 403
        with pytest.raises(InvalidStatus):
            await connect(
                f"ws://evil.example/api/v1/ws/terminal/bastion",  # noqa: F541
                host="127.0.0.1",
                port=served.port,
                additional_headers={"Authorization": basic("ada")},
            )
        assert served.audit("session_created") == []
        async with served.terminal(headers={"Cookie": cookie, "Origin": BROWSER["Origin"]}) as terminal:
            await terminal.type("echo w''elcome\n")
            await terminal.until("welcome")

    serve(consoles, config_of(server.target()), act)


async def _cookie(served: Served) -> str:
    body = {"name": "ada", "password": PASSWORD}
    answer = await served.console.send("POST", "/api/v1/session", json=body)
    return str(answer.headers["set-cookie"].partition(";")[0])


def test_sign_out_ends_it_within_five_seconds(consoles: Consoles, server: sshd.Sshd) -> None:
    async def act(served: Served) -> None:
        headers = {"Cookie": await _cookie(served), "Origin": BROWSER["Origin"]}
        async with served.terminal(headers=headers) as terminal:
            await terminal.type("echo w''elcome\n")
            await terminal.until("welcome")
            signed_out = await served.console.send("DELETE", "/api/v1/session", headers=BROWSER)
            assert signed_out.status_code == 204
            with within(5):
                assert await terminal.until_end() == "signed out, or the account was changed"
        assert (await served.ended())["details"]["reason"] == "signed out, or the account was changed"

    serve(consoles, config_of(server.target()), act)


def test_nothing_is_typed_after_the_account_was_disabled(
    consoles: Consoles, server: sshd.Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stack.console.terminal.sessions.CHECK_S", 600.0)  # the input itself is what is checked here
    written = tmp_path / "written"

    async def act(served: Served) -> None:
        served.console.app.state.guard.accounts.create("eve", PASSWORD, "admin", ["*"], [])
        async with served.terminal("eve") as terminal:
            await terminal.type("echo w''elcome\n")
            await terminal.until("welcome")
            served.console.app.state.guard.accounts.change("eve", disabled=True)
            await terminal.type(f"touch {written}\n")
            assert await terminal.until_end() == "signed out, or the account was changed"
        assert not written.exists()

    serve(consoles, config_of(server.target()), act)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"idle_s": 0.5}, "nothing was typed for 0.5 s"),
        ({"longest_s": 0.5}, "sessions last 0.5 s at most"),
        ({"recording_bytes": 4000}, "the recording is as large as it may be"),
    ],
)
def test_limits_end_it(consoles: Consoles, server: sshd.Sshd, limits: dict[str, Any], reason: str) -> None:
    async def act(served: Served) -> None:
        async with served.terminal() as terminal:
            await terminal.type("seq 100000\n")  # output alone keeps no session open
            assert await terminal.until_end() == reason
        assert (await served.ended())["details"]["reason"] == reason
        assert served.console.app.state.terminals.running == {}
        (found,) = served.console.app.state.terminals.recordings.all()
        assert found.size <= limits.get("recording_bytes", found.size)

    serve(consoles, config_of(server.target(), **limits), act)


def test_no_more_sessions_than_allowed_and_an_admin_ends_one(consoles: Consoles, server: sshd.Sshd) -> None:
    async def act(served: Served) -> None:
        send = served.console.send
        async with served.terminal() as terminal:
            await terminal.type("echo w''elcome\n")
            await terminal.until("welcome")
            async with served.terminal() as second:
                assert await second.until_end() == "no further session: 1 at once is the limit"
            assert served.audit("session_created")[0]["outcome"] == "refused"
            (shown,) = (await send("GET", "/api/v1/terminal/sessions", "ada")).json()
            assert (shown["account"], shown["target"], shown["address"]) == ("ada", "bastion", "127.0.0.1")
            running = await send("GET", f"/api/v1/terminal/recordings/{shown['recording']}", "ada")
            assert running.status_code == 409
            path = f"/api/v1/terminal/sessions/{shown['id']}"
            assert (await send("DELETE", path, "otto")).status_code == 403
            assert (await send("DELETE", f"{path}0", "ada")).status_code == 404
            assert (await send("DELETE", path, "ada")).status_code == 204
            assert await terminal.until_end() == "ended by ada"
        assert served.audit("authz_admin")[0]["details"]["session"] == shown["id"]
        assert (await served.ended())["details"]["reason"] == "ended by ada"
        assert (await send("GET", "/api/v1/terminal/sessions", "ada")).json() == []
        async with served.terminal() as third:
            await third.type("echo a''gain\n")
            await third.until("again")

    serve(consoles, config_of(server.target(), sessions=1), act)


def test_what_is_no_message_ends_it(consoles: Consoles, server: sshd.Sshd) -> None:
    async def act(served: Served) -> None:
        for wrong in ('{"type":"resize","cols":0,"rows":5}', '{"type":"other"}', "not JSON", b"bytes"):
            async with served.terminal() as terminal:
                await terminal.socket.send(wrong)
                assert await terminal.until_end() == "the browser sent what no terminal sends"

    serve(consoles, config_of(server.target()), act)


def test_without_hosts_or_library_it_says_what_is_missing(
    consoles: Consoles, server: sshd.Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def says(served: Served, missing: str) -> None:
        status, body = await served.refused()
        assert (status, missing in body) == (501, True)
        answer = (await served.console.send("GET", "/api/v1/terminal/targets", "ada")).json()
        assert missing in answer["unavailable"]

    serve(consoles, TerminalConfig(), lambda served: says(served, "CONSOLE_TERMINAL_FILE"))
    monkeypatch.setitem(sys.modules, "asyncssh", None)  # as if it were not installed
    serve(consoles, config_of(server.target()), lambda served: says(served, "pip install asyncssh"))


def test_the_console_does_without_the_library() -> None:
    program = "import sys, stack.console.__main__; sys.exit('asyncssh' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])


def test_a_killed_shell_is_no_clean_end(consoles: Consoles, server: sshd.Sshd) -> None:
    async def act(served: Served) -> None:
        async with served.terminal() as terminal:
            await terminal.type("kill -9 $$\n")
            assert await terminal.until_end() == "the shell was killed, or the host cut the connection"
        (found,) = served.console.app.state.terminals.recordings.all()
        text = (served.console.settings.data / "recordings" / f"{found.name}.cast").read_text(encoding="utf-8")
        assert all(code != "x" for _, code, _ in asciicast(text)[1])

    serve(consoles, config_of(server.target()), act)


def test_a_browser_that_reads_nothing_keeps_no_shell(consoles: Consoles, server: sshd.Sshd) -> None:
    async def act(served: Served) -> None:
        served.console.app.state.guard.accounts.create("eve", PASSWORD, "admin", ["*"], [])
        recordings = served.console.app.state.terminals.recordings
        async with served.terminal("eve") as terminal:
            await terminal.type("yes\n")
            async with asyncio.timeout(120):
                size = 0
                # The client's buffer is full, and so are those on the way: nothing moves any more.
                while not size or size != recordings.all()[0].size:
                    size = recordings.all()[0].size if recordings.all() else 0
                    await asyncio.sleep(1)
            assert size < served.console.settings.terminal.recording_bytes / 2
            served.console.app.state.guard.accounts.change("eve", disabled=True)
            with within(5):
                assert (await served.ended())["details"]["reason"] == "signed out, or the account was changed"

    serve(consoles, config_of(server.target()), act)
