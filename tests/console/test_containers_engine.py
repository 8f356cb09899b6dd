"""The console's containers on a real engine, through the stack's own filter of the Docker API.

Each container is a shell of this machine's busybox; what is looked at is what the engine really did.
"""

import asyncio
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from stack.backends.containers.engine import EngineError, find_engine
from stack.console.access.scope import Role
from stack.console.app import create_app
from stack.console.settings import Settings
from stack.eventually import eventually
from tests.console.conftest import ACCOUNTS, HOST, PASSWORD
from tests.support.docker_proxy import proxy

PROJECT = f"console-test-{os.getpid()}"
IMAGE = f"{PROJECT}/busybox:1"
SECRET = "hunter2-in-the-environment"


def _why_not() -> str:
    try:
        engine = find_engine(10)
    except EngineError as wrong:
        return str(wrong)
    if engine.socket is None:
        return f"the engine at {engine.host} has no socket here"
    return (
        "" if shutil.which("busybox") else "no `busybox` to make an image of; on Debian: apt-get install busybox-static"
    )


WHY_NOT = _why_not()
pytestmark = [pytest.mark.engine, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]


def docker(*arguments: str, **given: Any) -> str:
    client = shutil.which("docker") or "docker"
    done = subprocess.run([client, *arguments], check=True, capture_output=True, timeout=120, **given)
    return str(done.stdout, "utf-8").strip()


def state(name: str) -> dict[str, Any]:
    return dict(json.loads(docker("inspect", "--format", "{{json .State}}", f"{PROJECT}-{name}")))


@dataclass(frozen=True)
class Engine:
    """The address of the proxy that the console has, and of the one that the log agent has."""

    acting: str
    reading: str


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    socket = find_engine(10).socket
    assert socket is not None
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(shutil.which("busybox") or "", "bin/busybox")
    docker("import", "-", IMAGE, input=archive.getvalue())
    made = []
    try:
        for name, project, system in (
            ("web", PROJECT, "dante"),
            ("db", PROJECT, "docaiche"),
            ("other", "another-project", "dante"),
        ):
            labels = {
                "com.docker.compose.project": project,
                "com.docker.compose.service": name,
                "observability.system": system,
            }
            options = [word for pair in labels.items() for word in ("--label", "=".join(pair))]
            script = "trap 'exit 0' TERM; echo started; while :; do /bin/busybox sleep 0.2; done"
            options += ["--env", f"DATABASE_PASSWORD={SECRET}", "--name", f"{PROJECT}-{name}", "--network=none"]
            made.append(docker("run", "--detach", *options, IMAGE, "/bin/busybox", "sh", "-c", script))
        with (
            proxy(socket, tmp_path_factory.mktemp("acting"), actions=True) as acting,
            proxy(socket, tmp_path_factory.mktemp("reading"), actions=False) as reading,
        ):
            yield Engine(acting, reading)
    finally:
        if made:
            docker("rm", "--force", *made)
        docker("rmi", "--force", IMAGE)


Send = Callable[..., Awaitable[httpx.Response]]


def asked(engine: Engine, folder: Path, act: Callable[[Send], Awaitable[Any]], **settings: Any) -> Any:
    """Run `act` with a function that sends requests to a console on this engine: method, path and account."""

    async def within() -> Any:
        used: dict[str, Any] = {"data": folder, "docker": f"http://{engine.acting}", "project": PROJECT, **settings}
        app = create_app(Settings(**used))
        if not app.state.guard.accounts.all():
            for name, (role, systems, services) in {**ACCOUNTS, "vic": (Role.VIEWER, ["*"], [])}.items():
                app.state.guard.accounts.create(name, PASSWORD, role, systems, services)
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 50000))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}", timeout=90) as http,
        ):

            async def send(method: str, path: str, account: str = "ada", **more: Any) -> httpx.Response:
                answer = await http.request(method, f"/api/v1/containers{path}", auth=(account, PASSWORD), **more)
                assert SECRET not in answer.text
                return answer

            return await act(send)

    return asyncio.run(within())


def test_only_this_project_is_listed_and_only_what_the_account_may_see(engine: Engine, tmp_path: Path) -> None:
    async def listed(send: Send) -> None:
        everything = (await send("GET", "")).json()["containers"]
        assert [each["name"] for each in everything] == [f"{PROJECT}-db", f"{PROJECT}-web"]
        assert {each["state"] for each in everything} == {"running"}
        assert [each["service"] for each in (await send("GET", "", "otto")).json()["containers"]] == ["web"]
        assert (await send("GET", "", "nemo")).json()["containers"] == []

    asked(engine, tmp_path, listed)


def test_what_is_not_seen_looks_like_what_is_not_there(engine: Engine, tmp_path: Path) -> None:
    async def sought(send: Send) -> None:
        nowhere = await send("GET", "/no-such-container")
        other = docker("inspect", "--format", "{{.Id}}", f"{PROJECT}-other")
        for name, account in ((f"{PROJECT}-other", "ada"), (other, "ada"), (f"{PROJECT}-db", "otto")):
            for method, path in (("GET", ""), ("GET", "/stats"), ("POST", "/action")):
                found = await send(
                    method, f"/{name}{path}", account, **({"json": {"action": "stop"}} if path == "/action" else {})
                )
                assert (found.status_code, found.json()["detail"]) == (404, nowhere.json()["detail"]), (name, path)
        assert state("other")["Running"]
        assert state("db")["Running"]

    asked(engine, tmp_path, sought)


def test_a_container_is_shown_without_its_environment_and_command(engine: Engine, tmp_path: Path) -> None:
    assert SECRET in docker("inspect", f"{PROJECT}-web")

    async def shown(send: Send) -> None:
        one = (await send("GET", f"/{PROJECT}-web")).json()
        assert (one["state"], one["image"], one["restarts"]) == ("running", IMAGE, 0)
        assert "trap" not in json.dumps(one)
        use = (await send("GET", f"/{PROJECT}-web/stats")).json()
        assert use["memory_limit"] > 0
        assert 0 <= use["cores"] <= (os.cpu_count() or 1)

    asked(engine, tmp_path, shown)


def test_actions_have_their_effect_and_leave_their_line(engine: Engine, tmp_path: Path) -> None:
    async def acted(send: Send) -> None:
        web, first = f"/{PROJECT}-web/action", state("web")["StartedAt"]
        assert (await send("POST", web, "vic", json={"action": "stop"})).status_code == 403
        assert state("web")["Running"]
        stopped = await send("POST", web, "otto", json={"action": "stop", "reason": "maintenance"})
        assert stopped.json()["state"] == "exited"
        assert not state("web")["Running"]
        assert (await send("POST", web, "otto", json={"action": "start"})).json()["state"] == "running"
        second = state("web")["StartedAt"]
        assert second > first
        assert (await send("POST", web, "otto", json={"action": "restart"})).json()["state"] == "running"
        assert state("web")["StartedAt"] > second
        for action in ("kill", "pause", "remove", "exec"):
            assert (await send("POST", web, json={"action": action})).status_code == 422
        assert eventually(lambda: state("web")["Running"], bool, 20)

    asked(engine, tmp_path, acted)
    lines = [json.loads(line) for line in (tmp_path / "console-audit.log").read_text().splitlines()]
    told = [
        (each["event"], each["outcome"], each["actor"], each["target"]) for each in lines if each["actor"] == "otto"
    ]
    assert told == [(f"sys_{action}", "success", "otto", f"{PROJECT}-web") for action in ("stop", "start", "restart")]
    assert next(each["details"]["reason"] for each in lines if each["event"] == "sys_stop") == "maintenance"


def test_a_filter_that_allows_no_action_is_told_of(engine: Engine, tmp_path: Path) -> None:
    async def refused(send: Send) -> None:
        answer = await send("POST", f"/{PROJECT}-web/action", json={"action": "stop"})
        assert answer.status_code == 502
        assert "403" in answer.json()["detail"]
        assert state("web")["Running"]

    asked(engine, tmp_path, refused, docker=f"http://{engine.reading}")


HARM = (
    ("POST", "/containers/create", {"Image": IMAGE, "HostConfig": {"Privileged": True, "Binds": ["/:/host"]}}),
    ("POST", "/containers/{web}/exec", {"Cmd": ["/bin/busybox", "id"], "AttachStdout": True}),
    ("GET", "/containers/{web}/archive?path=/", None),
    ("GET", "/containers/{web}/export", None),
    ("POST", "/containers/{web}/kill", None),
    ("DELETE", "/containers/{web}?force=true", None),
    ("POST", "/build", None),
    ("GET", "/images/json", None),
    ("GET", "/volumes", None),
    ("GET", "/info", None),
    ("GET", "/containers/{web}/../{web}/export", None),
)


@pytest.mark.parametrize(("method", "path", "body"), HARM, ids=[f"{method} {path}" for method, path, _ in HARM])
def test_the_engine_is_not_asked_for_harm(engine: Engine, method: str, path: str, body: dict[str, Any] | None) -> None:
    ours = ("ps", "--all", "--quiet", "--no-trunc", "--filter", f"ancestor={IMAGE}")
    before = docker(*ours)
    for address in (engine.acting, engine.reading):
        for prefix in ("", "/v1.41"):
            asked_for = path.format(web=f"{PROJECT}-web")
            answer = httpx.request(method, f"http://{address}{prefix}{asked_for}", json=body, timeout=60)
            assert answer.status_code in (403, 400), answer.text
    assert docker(*ours) == before
    assert state("web")["Running"]


def test_the_same_requests_do_harm_without_the_filter(engine: Engine) -> None:
    """The engine behind it would have obeyed, so the refusals are the filter's."""
    assert engine.acting
    transport = httpx.HTTPTransport(uds=find_engine(10).socket)
    with httpx.Client(transport=transport, base_url="http://docker", timeout=60) as direct:
        assert direct.get(f"/containers/{PROJECT}-web/archive", params={"path": "/"}).status_code == 200
        assert direct.get("/images/json").status_code == 200
        made = direct.post("/containers/create", json={"Image": IMAGE, "Cmd": ["/bin/busybox", "true"]}).json()["Id"]
    docker("rm", made)


def test_a_log_can_be_followed_through_it(engine: Engine) -> None:
    url = f"http://{engine.reading}/containers/{PROJECT}-web/logs"
    with httpx.stream("GET", url, params={"stdout": "1", "follow": "1"}, timeout=60) as answer:
        assert b"started" in next(answer.iter_raw())
