"""A terminal through the real gateway: who passes, what comes back from a real SSH server, and what is recorded."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from stack.backends.ports import free_port
from stack.console.terminal.config import TerminalConfig
from tests.console import sshd
from tests.console.conftest import PASSWORD, Consoles
from tests.console.terminals import Served, asciicast, config_of, serve
from tests.gateway.test_gateway import running

pytestmark = [pytest.mark.native, pytest.mark.skipif(bool(sshd.ABSENT), reason=sshd.ABSENT)]


def shown_until(socket: ClientConnection, text: str) -> str:
    shown = ""
    while text not in shown:
        message = json.loads(socket.recv(timeout=60))
        assert message["type"] != "end", (message, shown)
        shown += message.get("data", "")
    return shown


def test_a_terminal_through_the_gateway_ends_at_sign_out_and_is_recorded(
    consoles: Consoles, server: sshd.Sshd, tmp_path: Path
) -> None:
    config: TerminalConfig = config_of(server.target())
    port = free_port()
    public, home = f"http://127.0.0.1:{port}", tmp_path / "gateway"
    home.mkdir()

    def within(console: str) -> None:
        with running(home, console, port, GATEWAY_ACCESS="console", CONSOLE_UPSTREAM=console) as gateway:
            with httpx.Client(base_url=gateway, timeout=60) as browser:
                signed = browser.post("/api/v1/session", json={"name": "ada", "password": PASSWORD})
                assert signed.status_code == 201
                sent = {"Cookie": f"console={browser.cookies['console']}"}
                url = f"ws{gateway.removeprefix('http')}/api/v1/ws/terminal/bastion?cols=90&rows=20"
                for origin in ({"Origin": "http://evil.example"}, {}):
                    with (
                        pytest.raises(InvalidStatus) as refused,
                        connect(url, additional_headers=sent | origin, proxy=None),
                    ):
                        pass
                    assert refused.value.response.status_code == 403
                sent["Origin"] = gateway
                with connect(url, additional_headers=sent, proxy=None) as socket:
                    socket.send(json.dumps({"type": "input", "data": "echo $((40+2)) ü; stty size\n"}))
                    assert "42 ü" in shown_until(socket, "20 90")
                    socket.send(json.dumps({"type": "resize", "cols": 120, "rows": 40}))
                    socket.send(json.dumps({"type": "input", "data": "stty size\n"}))
                    shown_until(socket, "40 120")
                    changed = {"Origin": gateway, "X-Console-Request": "1"}
                    assert browser.delete("/api/v1/session", headers=changed).status_code == 204
                    *_, last = [json.loads(message) for message in socket]
                    assert last == {"type": "end", "reason": "signed out, or the account was changed"}
            ada = ("ada", PASSWORD)
            (recorded,) = httpx.get(f"{gateway}/api/v1/terminal/recordings", auth=ada).json()["recordings"]
            answer = httpx.get(f"{gateway}/api/v1/terminal/recordings/{recorded['name']}", auth=ada)
            header, events = asciicast(answer.text)
            assert (header["term"]["cols"], header["term"]["rows"]) == (90, 20)
            assert [data for _, code, data in events if code == "r"] == ["120x40"]
            assert "42 ü" in "".join(data for _, code, data in events if code == "o")

    async def act(served: Served) -> None:
        await asyncio.to_thread(within, f"127.0.0.1:{served.port}")

    serve(consoles, config, act, public_url=public)
