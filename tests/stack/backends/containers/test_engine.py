"""What is told where there is no engine to run the stack on: one clear message each, and no test is run."""

import re
from pathlib import Path

import pytest

from stack.backends.containers import backend as containers
from stack.backends.containers.engine import EngineError, find_engine
from stack.servers.find import SERVERS_VARIABLE
from suites.collect import backend_choice
from tests.support.conformance_run import finished
from tests.support.fake_docker import Fake, says

CANNOT = "Cannot connect to the Docker daemon at unix:///run/test/docker.sock. Is the docker daemon running?"


def refusal(fake: Fake, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    fake.install(folder, monkeypatch)
    with pytest.raises(EngineError) as refused:
        find_engine(1)
    return str(refused.value)


def test_an_engine_that_answers_and_is_new_enough_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Fake().install(tmp_path, monkeypatch)

    engine = find_engine()

    assert (engine.client, engine.version, engine.compose) == (str(client), "20.10.24", "2.40.3")
    assert engine.socket == "/run/test/docker.sock"
    assert not engine.podman


def test_podman_is_known_by_its_components(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Fake(components=("Podman Engine", "Conmon")).install(tmp_path, monkeypatch)

    assert find_engine().podman


def test_no_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EngineError, match=r"^there is no `docker` client on PATH: install Docker Engine and its comp"):
        find_engine()


def test_no_client_but_podman(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    podman = tmp_path / "podman"
    podman.write_text("#!/bin/sh\n", encoding="utf-8")
    podman.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EngineError, match=r"Podman serves as well, by its socket: .* set DOCKER_HOST"):
        find_engine()


def test_an_engine_that_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusal(Fake(version=says(CANNOT)), tmp_path, monkeypatch)

    assert told == (
        f"no container engine answers at unix:///run/test/docker.sock: {CANNOT}; start Docker, or set DOCKER_HOST, "
        "or run the stack without containers: --stack local"
    )


def test_an_engine_that_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusal(Fake(version="exec sleep 30"), tmp_path, monkeypatch)

    assert "no container engine answers at unix:///run/test/docker.sock: no answer within 1 s" in told


def test_an_engine_that_this_user_may_not_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusal(Fake(version=says("permission denied while trying to connect")), tmp_path, monkeypatch)

    assert "let this user in (`sudo usermod -aG docker $USER`" in told


def test_something_else_that_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusal(Fake(version="echo hello"), tmp_path, monkeypatch)

    assert told.startswith("what answers at unix:///run/test/docker.sock does not speak as a container engine: 'hello'")


@pytest.mark.parametrize("host", ["tcp://10.0.0.7:2376", "ssh://me@elsewhere"])
def test_an_engine_on_another_machine(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusal(Fake(host=host), tmp_path, monkeypatch)

    assert told.startswith(f"the engine at {host} is on another machine: ")


def test_an_engine_that_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusal(Fake(api="1.40"), tmp_path, monkeypatch)

    assert "is too old: 20.10.24 speaks API 1.40, the stack needs 1.41" in told


def test_no_compose_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusal(Fake(compose=says("docker: unknown command: docker compose")), tmp_path, monkeypatch)

    assert told.startswith(
        "the docker client has no compose plugin (`docker compose version`: docker: unknown command: docker compose); "
        "install version 2.20 or newer"
    )


@pytest.mark.parametrize("version", ["2.17.3", "v2.19.1", ""])
def test_a_compose_plugin_that_is_too_old(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusal(Fake(compose=f"echo '{version}'"), tmp_path, monkeypatch)

    assert told.startswith(
        f"the compose plugin is too old: {version.strip('v') or 'it tells no version'}, 2.20 is needed"
    )


@pytest.mark.parametrize("version", ["2.20.0", "v2.40.3-desktop.1", "5.0.1"])
def test_a_compose_plugin_that_is_new_enough(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Fake(compose=f"echo '{version}'").install(tmp_path, monkeypatch)

    assert find_engine().compose == version.removeprefix("v")


def test_auto_says_in_one_line_why_it_takes_no_containers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Fake(version=says(CANNOT)).install(tmp_path, monkeypatch)
    said: list[str] = []

    assert backend_choice.choose("auto", said.append) == "local"
    why = f"no container engine answers at unix:///run/test/docker.sock: {CANNOT}; start Docker, or set DOCKER_HOST"
    assert said == [f"running the stack without containers: {why}"]


def test_auto_takes_no_containers_where_real_servers_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SERVERS_VARIABLE, "none")

    assert containers.why_not() == "real servers are hidden by CONFORMANCE_SERVERS=none"


def test_auto_takes_containers_where_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "why_not", lambda: None)
    said: list[str] = []

    assert backend_choice.choose("auto", said.append) == "containers"
    assert len(said) == 1


def test_what_was_asked_for_is_not_chosen_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "why_not", lambda: pytest.fail("nobody asked for a choice"))

    assert [backend_choice.choose(name) for name in ("local", "containers", "attached")] == [
        "local",
        "containers",
        "attached",
    ]


def test_a_run_without_an_engine_ends_before_its_first_test(tmp_path: Path) -> None:
    run = finished(tmp_path / "run", "--stack=containers", env={"DOCKER_HOST": f"unix://{tmp_path}/nothing.sock"})

    assert run.code == pytest.ExitCode.USAGE_ERROR
    assert re.search(r"ERROR: --stack containers: (no container engine answers|there is no `docker`)", run.output)
    assert "Traceback" not in run.output
    assert not (run.folder / "report.json").exists()
