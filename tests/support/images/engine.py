"""A Docker engine and its compose plugin where missing: `eval "$(python -m tests.support.images.engine start)"`.

For root on Debian, as CI is: Debian's `docker.io` brings the engine, and the plugin, which Debian 12 does not package,
is built from its Go module once. The engine listens on a socket of its own and keeps its data in our cache, so it
leaves any other engine alone; `stop` ends it. Where an engine answers already, that one is used.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from stack.servers.failures import BuildError
from stack.servers.gobuild import build
from stack.servers.pins import cache_root

COMPOSE_MODULE = Path(__file__).resolve().parent / "compose"
COMPOSE_VERSION = "v2.40.3"
COMPOSE_LDFLAGS = f"-s -w -X github.com/docker/compose/v2/internal.Version={COMPOSE_VERSION}"
START_SECONDS = 40


class NoEngineError(Exception):
    """There is no engine and none can be started; the text says why and what to do."""


def home() -> Path:
    """Where the engine's socket, data and plugin are."""
    return cache_root().parent / "engine"


def answers(host: str | None = None) -> bool:
    """Whether an engine answers at `host`, or at the docker client's default."""
    return _docker("info", host=host)


def start() -> dict[str, str]:
    """Make engine and plugin available and return the environment that uses them; waits until the engine answers.

    Raises:
        NoEngineError: not possible here.
        BuildError: the compose plugin cannot be built.

    """
    if shutil.which("docker") is None:
        raise NoEngineError("no `docker` client; on Debian: apt-get install docker.io")
    environment = {}
    if not answers():
        environment["DOCKER_HOST"] = _start_engine()
    if not _docker("compose", "version"):
        environment["DOCKER_CONFIG"] = str(_install_plugin())
    return environment


def stop() -> bool:
    """End the engine that `start` started; False where there is none."""
    pid_file = home() / "dockerd.pid"
    try:
        pid = int(pid_file.read_text(encoding="ascii"))
        command = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return False
    if command != "dockerd":
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and Path(f"/proc/{pid}").exists():
        time.sleep(0.1)
    return not Path(f"/proc/{pid}").exists()


def _start_engine() -> str:
    folder = home()
    host = f"unix://{folder}/docker.sock"
    if answers(host):
        return host
    if os.geteuid() != 0:
        raise NoEngineError("no engine answers, and only root can start one; start Docker or set DOCKER_HOST")
    dockerd = shutil.which("dockerd") or shutil.which("dockerd", path="/usr/sbin:/usr/local/sbin")
    if dockerd is None:
        raise NoEngineError("no `dockerd`; on Debian: apt-get install docker.io")
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "dockerd.log"
    places = [f"--data-root={folder}/data", f"--exec-root={folder}/run", f"--pidfile={folder}/dockerd.pid"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [dockerd, *places, f"--host={host}"],
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if answers(host):
            return host
        time.sleep(0.2)
    last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
    raise NoEngineError(f"dockerd does not answer; it says:\n{last}")


def _install_plugin() -> Path:
    built = build(
        COMPOSE_MODULE,
        "docker-compose",
        "github.com/docker/compose/v2/cmd",
        ldflags=COMPOSE_LDFLAGS,
        progress=lambda text: print(text, file=sys.stderr),  # noqa: T201  # the program's progress
    )
    config = home() / "client"
    plugin = config / "cli-plugins" / "docker-compose"
    plugin.parent.mkdir(parents=True, exist_ok=True)
    plugin.unlink(missing_ok=True)
    plugin.symlink_to(built)
    return config


def _docker(*arguments: str, host: str | None = None) -> bool:
    client = shutil.which("docker")
    if client is None:
        return False
    environment = {**os.environ, **({"DOCKER_HOST": host} if host else {})}
    try:
        done = subprocess.run([client, *arguments], env=environment, capture_output=True, check=False, timeout=15)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def main(arguments: list[str]) -> int:
    """`start` prints export lines for a shell, `stop` ends the engine."""
    if arguments not in (["start"], ["stop"]):
        print("usage: python -m tests.support.images.engine start|stop", file=sys.stderr)  # noqa: T201  # the program's output
        return 2
    if arguments == ["stop"]:
        print("stopped" if stop() else "no engine of ours is running", file=sys.stderr)  # noqa: T201  # likewise
        return 0
    try:
        environment = start()
    except (NoEngineError, BuildError) as broken:
        print(broken, file=sys.stderr)  # noqa: T201  # likewise
        return 1
    for name, value in environment.items():
        print(f"export {name}='{value}'")  # noqa: T201  # likewise
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
