"""The stack with its console on a real engine: one sign-in for all, and containers behind the filter of the Docker API.

Images as in `test_compose_engine`; no Grafana. Skipped, with the reason, where no engine answers.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from stack.backends.ports import free_port
from stack.console.envelope import CSRF_HEADER
from stack.eventually import eventually
from tests.compose.test_compose_engine import PASSWORD, ROOT, WITHOUT, _docker, pytestmark  # noqa: F401  # marks this
from tests.support.images.build import IMAGES, build

FILES = ("docker-compose.yml", "docker-compose.console.yml")
SERVICES = ("console", "docker-proxy-actions", "gateway", "prometheus", "redis", "alertmanager")
NETWORK = "10.213.47"
"""Another than the default: a stack of this machine may have that."""


@dataclass(frozen=True)
class Up:
    """A running stack, compose for it, its first admin's session, and what the one-time link was."""

    compose: Callable[..., "subprocess.CompletedProcess[str]"]
    admin: httpx.Client
    url: str
    link: str


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    environment, port = tmp_path_factory.mktemp("console") / "env", free_port()
    url, name = f"http://localhost:{port}", f"conformance-{os.getpid()}-console"
    settings = {
        "COMPOSE_PROJECT_NAME": name,
        "GRAFANA_ADMIN_PASSWORD": PASSWORD,
        "GATEWAY_PASSWORD": PASSWORD,
        "REDIS_PASSWORD": PASSWORD.replace(" ", "-"),
        "DOCKER_SOCKET": os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://"),
        "GATEWAY_PORT": f"127.0.0.1:{port}",
        "PROMETHEUS_PORT": "0",
        "PUBLIC_URL": url,
        "SIGN_IN_NETWORK": NETWORK,
        "COMPOSE_FILE": os.pathsep.join(str(ROOT / "stack" / file) for file in FILES),
        **{image.variable: build(image) for image in IMAGES if image.name not in WITHOUT},
    }
    environment.write_text("".join(f"{key}={value}\n" for key, value in settings.items()), encoding="utf-8")

    def compose(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return _docker("compose", "-p", name, "--env-file", str(environment), *arguments, timeout=600)

    try:
        up = compose("up", "-d", "--no-build", "--pull", "never", "--wait", "--wait-timeout", "120", *SERVICES)
        assert up.returncode == 0, up.stderr + compose("ps", "-a").stdout
        made = compose("exec", "-T", "console", "python", "-m", "stack.console", "link")
        link = made.stdout.strip().partition("#setup=")[2]
        assert link, made.stderr
        headers = {"Origin": url, CSRF_HEADER: "1", "Sec-Fetch-Site": "same-origin"}
        no_idle = httpx.Limits(max_keepalive_connections=0)  # a test's sockets end with it
        with httpx.Client(base_url=url, headers=headers, timeout=60, limits=no_idle, trust_env=False) as admin:
            body = {"name": "kim", "password": PASSWORD, "link": link}
            first = admin.post("/api/v1/setup", json=body)
            assert first.status_code == 201, first.text
            yield Up(compose, admin, url, link)
    finally:
        down = compose("down", "--volumes", "--timeout", "5")
    assert down.returncode == 0, down.stderr


def get(url: str, **options: object) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=60, **options)  # type: ignore[arg-type]  # httpx's own options


def test_the_one_time_link_works_once(stack: Up) -> None:
    again = stack.admin.post("/api/v1/setup", json={"name": "eve", "password": PASSWORD, "link": stack.link})
    assert again.status_code == 403


def test_one_sign_in_opens_every_path(stack: Up) -> None:
    buildinfo = "/prometheus/api/v1/status/buildinfo"
    assert get(f"{stack.url}{buildinfo}").status_code == 401
    assert get(f"{stack.url}{buildinfo}", headers={"X-WEBAUTH-USER": "kim"}).status_code == 401
    assert get(f"{stack.url}{buildinfo}", auth=("kim", PASSWORD)).status_code == 200
    assert get(f"{stack.url}{buildinfo}", auth=("observer", PASSWORD)).status_code == 401
    assert stack.admin.get(buildinfo).status_code == 200
    assert stack.admin.get("/api/v1/monitoring").status_code == 200


def test_containers_are_those_of_this_project_and_actions_take_effect(stack: Up) -> None:
    found = {
        one["service"]: one for one in stack.admin.get("/api/v1/containers").raise_for_status().json()["containers"]
    }
    assert set(SERVICES) <= set(found)
    assert PASSWORD.replace(" ", "-") not in stack.admin.get(f"/api/v1/containers/{found['redis']['id']}").text

    def state() -> str:
        return str(stack.admin.get(f"/api/v1/containers/{found['redis']['id']}").json()["state"])

    path = f"/api/v1/containers/{found['redis']['id']}/action"
    for action, expected in (("stop", "exited"), ("start", "running")):
        done = stack.admin.post(path, json={"action": action, "reason": "a test"})
        assert done.status_code == 200, done.text
        assert eventually(state, expected.__eq__, 60) == expected
        engine = stack.compose("ps", "-a", "redis", "--format", "{{.State}}").stdout.strip()
        assert engine == expected


def test_what_was_done_is_in_the_audit_log_that_the_agent_reads(stack: Up, tmp_path: Path) -> None:
    told = stack.admin.get("/api/v1/audit").raise_for_status().text
    assert all(event in told for event in ("user_created", "sys_stop", "sys_start"))
    verified = stack.compose("exec", "-T", "console", "python", "-m", "stack.console", "audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    copied = stack.compose("cp", "console:/var/log/console/.", str(tmp_path))
    assert copied.returncode == 0, copied.stderr
    assert any("sys_stop" in path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.log"))


def test_the_filter_refuses_the_console_what_makes_root(stack: Up) -> None:
    asks = (
        "import urllib.request as r, urllib.error as e\n"
        "url = 'http://docker-proxy-actions:2375{path}'\n"
        "try:\n print(r.urlopen(r.Request(url, method='{method}'), timeout=10).status)\n"
        "except e.HTTPError as refused:\n print(refused.code)"
    )
    for method, path, status in (
        ("GET", "/containers/json", "200"),
        ("POST", "/containers/create", "403"),
        ("POST", "/build", "403"),
        ("GET", "/images/json", "403"),
        ("GET", "/v1.41/containers/x/archive", "403"),
    ):
        code = asks.format(method=method, path=path)
        assert stack.compose("exec", "-T", "console", "python", "-c", code).stdout.strip() == status, (method, path)
