"""The stack's filter of the Docker API, on the real HAProxy, in front of any socket."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from stack.backends.ports import free_port
from stack.eventually import eventually
from tests.support.real_servers import need

CONFIG = Path(__file__).resolve().parents[2] / "stack" / "docker-proxy" / "haproxy.cfg"


@contextmanager
def proxy(socket: str, folder: Path, *, actions: bool, config: Path = CONFIG) -> Iterator[str]:
    """HAProxy on the shipped file in front of `socket`; gives its `host:port`, once the engine behind it answers."""
    (haproxy,) = need("docker-proxy")
    port, health = free_port(), free_port()
    variables = {
        "DOCKER_PROXY_LISTEN": f"127.0.0.1:{port}",
        "DOCKER_PROXY_HEALTH": f"127.0.0.1:{health}",
        "DOCKER_PROXY_SOCKET": socket,
        "DOCKER_PROXY_ACTIONS": "yes" if actions else "no",
    }
    log = folder / "haproxy.log"
    with log.open("wb") as out:
        process = subprocess.Popen([haproxy.path, "-db", "-f", config], env=variables, stdout=out, stderr=out)

    def ready() -> bool:
        assert process.poll() is None, f"haproxy ended: {log.read_text()}"
        try:
            return httpx.get(f"http://127.0.0.1:{health}/healthz", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    try:
        eventually(ready, bool, 60, 0.1, describe="the proxy has found the engine")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(120)
