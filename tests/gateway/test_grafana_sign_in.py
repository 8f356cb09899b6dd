"""The real Grafana with the sign-in that docker-compose.console.yml gives it: it believes one address, and no other."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stack.backends.local.grafana import home_of
from stack.backends.ports import free_port
from stack.eventually import eventually
from stack.text.plain_yaml import plain_yaml
from tests.support.real_servers import need

STACK = Path(__file__).resolve().parents[2] / "stack"
GATEWAY, ELSEWHERE = "127.0.0.2", "127.0.0.1"
"""Two addresses of this machine: the gateway's, and that of whoever else can reach Grafana's port."""

pytestmark = pytest.mark.native


@pytest.fixture(scope="module")
def grafana(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    (program,) = need("grafana")
    text = (STACK / "docker-compose.console.yml").read_text(encoding="utf-8").replace("!reset ", "")
    shipped = plain_yaml(text)["services"]["grafana"]["environment"]
    folder, port = tmp_path_factory.mktemp("grafana"), free_port()
    own = {
        "GF_AUTH_PROXY_WHITELIST": GATEWAY,
        "GF_SERVER_HTTP_ADDR": "127.0.0.1",
        "GF_SERVER_HTTP_PORT": str(port),
        "GF_PATHS_DATA": str(folder),
        "GF_PATHS_LOGS": str(folder / "logs"),
        "GF_PATHS_PLUGINS": str(folder / "plugins"),
        "GF_DATABASE_WAL": "true",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_PLUGINS_PREINSTALL_DISABLED": "true",
        "GF_SECURITY_ADMIN_PASSWORD": "a password for this test",
        "PATH": os.environ["PATH"],
    }
    home = home_of(program.path)
    with (folder / "log").open("wb") as log:
        arguments = [str(program.path), "server", *(["--homepath", str(home)] if home else [])]
        process = subprocess.Popen(arguments, cwd=folder, env={**shipped, **own}, stdout=log, stderr=log)

    def ready() -> bool:
        assert process.poll() is None, f"grafana ended: {(folder / 'log').read_text()[-2000:]}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        eventually(ready, bool, 180, 0.2, describe="Grafana listens")
        yield port
    finally:
        process.terminate()
        process.wait(120)


def ask(port: int, source: str, path: str = "/api/user", **headers: str) -> httpx.Response:
    transport = httpx.HTTPTransport(local_address=source)
    with httpx.Client(transport=transport, timeout=60) as http:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return http.get(f"http://127.0.0.1:{port}{path}", headers=named)


@pytest.mark.parametrize("role", ["Viewer", "Editor", "Admin"])
def test_the_gateways_account_has_its_role(grafana: int, role: str) -> None:
    name = f"ada-{role.lower()}"
    told = ask(grafana, GATEWAY, X_WEBAUTH_USER=name, X_WEBAUTH_ROLE=role)
    assert (told.status_code, told.json()["login"]) == (200, name)
    (organisation,) = ask(grafana, GATEWAY, "/api/user/orgs", X_WEBAUTH_USER=name, X_WEBAUTH_ROLE=role).json()
    assert organisation["role"] == role


def test_a_role_that_changed_is_changed_with_the_next_request(grafana: int) -> None:
    for role in ("Admin", "Viewer"):
        (organisation,) = ask(grafana, GATEWAY, "/api/user/orgs", X_WEBAUTH_USER="otto", X_WEBAUTH_ROLE=role).json()
        assert organisation["role"] == role


@pytest.mark.parametrize("account", ["admin", "ada-admin", "nobody-yet"])
def test_a_header_from_elsewhere_gets_nowhere(grafana: int, account: str) -> None:
    forged = {"X_WEBAUTH_USER": account, "X_WEBAUTH_ROLE": "Admin"}
    assert ask(grafana, ELSEWHERE, **forged).status_code == 401
    # Nor does it help to say that one is the gateway.
    assert ask(grafana, ELSEWHERE, X_Forwarded_For=GATEWAY, X_Real_IP=GATEWAY, **forged).status_code == 401


def test_without_a_name_there_is_nobody(grafana: int) -> None:
    for source in (GATEWAY, ELSEWHERE):
        assert ask(grafana, source).status_code == 401
