"""What is kept of a terminal session: a recording for admins, and nothing of the private key."""

import os
import stat

import pytest

from tests.console import sshd
from tests.console.conftest import Consoles
from tests.console.terminals import Served, asciicast, config_of, serve

pytestmark = pytest.mark.skipif(bool(sshd.ABSENT), reason=sshd.ABSENT)


@pytest.mark.parametrize("record_input", [False, True])
def test_the_recording_is_an_asciicast_of_what_was_shown(
    consoles: Consoles, server: sshd.Sshd, record_input: bool
) -> None:
    async def act(served: Served) -> None:
        send = served.console.send
        async with served.terminal() as terminal:
            await terminal.resize(90, 20)
            await terminal.type("read -s -p 'pass''word? '\n")
            await terminal.until("password? ")
            await terminal.type("my-passphrase\n")
            await terminal.type("echo d''one; exit\n")
            await terminal.until_end()
            shown = terminal.shown
        await served.ended()
        (listed,) = (await send("GET", "/api/v1/terminal/recordings", "ada")).json()["recordings"]
        assert (listed["account"], listed["target"], listed["running"]) == ("ada", "bastion", False)
        path = f"/api/v1/terminal/recordings/{listed['name']}"
        assert (await send("GET", path, "otto")).status_code == 403
        answer = await send("GET", path, "ada")
        assert answer.headers["content-type"] == "application/x-asciicast"
        assert f'filename="{listed["name"]}.cast"' in answer.headers["content-disposition"]
        assert served.audit("sensitive_read")[0]["target"] == f"recording {listed['name']}"
        header, events = asciicast(answer.text)
        assert (header["term"]["cols"], header["term"]["rows"]) == (100, 30)
        assert "".join(data for _, code, data in events if code == "o").startswith(shown)
        assert [data for _, code, data in events if code == "r"] == ["90x20"]
        assert events[-1][1:] == ["x", "0"]
        typed = "".join(data for _, code, data in events if code == "i")
        assert ("my-passphrase" in typed) == record_input
        assert ("my-passphrase" in answer.text) == record_input
        assert len(answer.content) == listed["size"]
        folder = served.console.settings.data / "recordings"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert [stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()] == [0o600]

    serve(consoles, config_of(server.target(), record_input=record_input), act)


def test_the_oldest_recordings_make_room_and_that_is_audited(consoles: Consoles, server: sshd.Sshd) -> None:
    async def act(served: Served) -> None:
        names = []
        for _ in range(3):
            async with served.terminal() as terminal:
                await terminal.type("seq 100; exit\n")
                await terminal.until_end()
            names.append(served.audit("session_created")[0]["details"]["recording"])
        kept = {each.name for each in served.console.app.state.terminals.recordings.all()}
        deleted = {line["target"].removeprefix("recording ") for line in served.audit("sensitive_delete")}
        assert deleted
        assert kept | deleted == set(names)
        assert names[-1] in kept
        page = await served.console.send("GET", "/api/v1/terminal/recordings", "ada", params={"limit": 1})
        assert (page.json()["next"] is not None) == (len(kept) > 1)

    serve(consoles, config_of(server.target(), recording_bytes=4000, recordings_bytes=4500), act)


@pytest.mark.parametrize("name", ["..%2F..%2Fconsole.db", "console.db", "20260101T000000Z-0000000000000000"])
def test_no_other_file_is_a_recording(consoles: Consoles, server: sshd.Sshd, name: str) -> None:
    async def act(served: Served) -> None:
        answer = await served.console.send("GET", f"/api/v1/terminal/recordings/{name}", "ada")
        assert answer.status_code == 404

    serve(consoles, config_of(server.target()), act)


def test_the_private_key_is_in_no_answer_and_no_log(
    consoles: Consoles, server: sshd.Sshd, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    secrets = [line for line in server.key.read_text(encoding="ascii").splitlines() if len(line) > 20]

    async def act(served: Served) -> None:
        async with served.terminal() as terminal:
            await terminal.type("exit\n")
            await terminal.until_end()
        await served.ended()
        texts = [
            (await served.console.send("GET", f"/api/v1/terminal/{path}", "ada")).text
            for path in ("targets", "sessions", "recordings")
        ]
        assert '"bastion"' in texts[0]
        texts += [served.console.app.state.guard.audit.path.read_text(encoding="utf-8"), caplog.text, terminal.shown]
        assert len(secrets) > 2
        for secret in [*secrets, os.fspath(server.key)]:
            assert [text for text in texts if secret in text] == []

    serve(consoles, config_of(server.target()), act)
