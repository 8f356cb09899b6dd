"""Asks the filter of the Docker API for what it must refuse.

One of the run's own publishes no port and is asked from inside of its container. No request would do anything if it
passed: the container is none that exists, and no body says what to make. Somebody's own is asked by GET alone.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx

from stack.records.console.docker_filter import DockerFilter, DockerRequest
from suites.core.evidence import NotEvaluated

if TYPE_CHECKING:  # its packages are none that a run on somebody's live stack needs
    from stack.backends.containers.process import ContainerProcess

API = "http://127.0.0.1:2375"
READ = ("GET", "/containers/json?limit=1")
NOBODY = "0123456789ab"
REFUSED = {
    "creating a container": ("POST", "/containers/create"),
    "running something in a container": ("POST", f"/containers/{NOBODY}/exec"),
    "starting what was prepared to run": ("POST", f"/exec/{NOBODY}/start"),
    "reading the files of a container": ("GET", f"/containers/{NOBODY}/archive?path=/etc"),
    "reading the whole file system of a container": ("GET", f"/containers/{NOBODY}/export"),
    "building an image": ("POST", "/build"),
    "listing images": ("GET", "/images/json"),
    "pulling an image": ("POST", "/images/create"),
    "reading through a versioned path": ("GET", f"/v1.41/containers/{NOBODY}/archive?path=/etc"),
}
STATUS = re.compile(r"HTTP/\d\.\d (\d{3})")

Ask = Callable[[str, str], int]
"""Sends a request with a method, GET or POST, to a path; returns the status of the answer, 0 for none."""


def asked(ask: Ask) -> DockerFilter:
    """Send everything."""
    sent = [DockerRequest(what, f"{method} {path}", ask(method, path)) for what, (method, path) in REFUSED.items()]
    return DockerFilter(ask(*READ), tuple(sent))


async def asked_outside(http: httpx.AsyncClient, url: str) -> DockerFilter | NotEvaluated:
    """Send what only reads: behind a filter that refuses nothing is somebody's engine."""

    async def ask(path: str) -> int:
        try:
            async with http.stream("GET", url + path, follow_redirects=False) as answer:
                return answer.status_code  # what it lets pass is not read
        except httpx.HTTPError:
            return 0

    if not (reads := await ask(READ[1])):
        return NotEvaluated(f"the filter of the Docker API does not answer at {url}")
    sent = [
        DockerRequest(what, f"{method} {path}", await ask(path))
        for what, (method, path) in REFUSED.items()
        if method == "GET"
    ]
    return DockerFilter(reads, tuple(sent))


def inside(container: "ContainerProcess") -> Ask:
    """Requests by the HTTP client of the container itself, which its health check uses as well."""

    def ask(method: str, path: str) -> int:
        post = ["--post-data="] if method == "POST" else []
        done = container.execute("wget", "-S", "-T", "20", "-O", "/dev/null", *post, f"{API}{path}")
        found = STATUS.search(done.stderr)
        return int(found[1]) if found else 0

    return ask
