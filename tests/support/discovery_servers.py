"""Small servers that answer as Consul, Docker and Kubernetes describe their APIs, as far as services are read of them.

Consul: https://developer.hashicorp.com/consul/api-docs/catalog#list-services, with ACLs on. Docker: Engine 29, which
refuses versions of the API below 1.44. Kubernetes: lists in pages, a field selector, a bearer token, TLS.
"""

import json
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "reader-of-services"
OLDEST, NEWEST = (1, 44), (1, 52)
PAGE = 2
"""Objects that this Kubernetes gives at once, however many it is asked for."""

Answer = tuple[int, Any, dict[str, str]]


@dataclass
class Api:
    """One server: its state, which a test may change, and the requests that it got."""

    url: str = ""
    consul: dict[str, list[str]] = field(default_factory=lambda: {"consul": [], "orders": ["v4"], "payments": []})
    containers: list[dict[str, Any]] = field(default_factory=list)
    pods: list[dict[str, Any]] = field(default_factory=list)
    services: list[dict[str, Any]] = field(default_factory=list)
    fails: int = 0
    """Answer everything with this status."""
    seen: list[str] = field(default_factory=list)
    """The paths that were asked for; what is not a GET is refused."""

    def answer(self, path: str, query: Mapping[str, str], token: str) -> Answer:
        """The answer to a GET."""
        if self.fails:
            return self.fails, {"message": "out of order"}, {}
        if path == "/v1/catalog/services":
            return 200, self.consul if token == TOKEN else {}, {"X-Consul-Results-Filtered-By-ACLs": "true"}
        if path == "/_ping":
            return 200, "OK", {"Api-Version": "{}.{}".format(*NEWEST)}
        if found := re.fullmatch(r"(?:/v(\d+)\.(\d+))?/containers/json", path):
            asked = (int(found[1]), int(found[2])) if found[1] else NEWEST
            old = f"client version {found[1]}.{found[2]} is too old. Minimum supported API version is 1.44"
            return (200, self.containers, {}) if OLDEST <= asked <= NEWEST else (400, {"message": old}, {})
        if found := re.fullmatch(r"/api/v1(?:/namespaces/([a-z0-9-]+))?/(pods|services)", path):
            return self._list(found[1], found[2], query, token)
        return 404, {"message": "404 page not found"}, {}

    def _list(self, namespace: str | None, kind: str, query: Mapping[str, str], token: str) -> Answer:
        if token != TOKEN:
            message = f'{kind} is forbidden: User "system:anonymous" cannot list resource "{kind}"'
            return 403, {"kind": "Status", "status": "Failure", "message": message}, {}
        every = self.pods if kind == "pods" else self.services
        running = query.get("fieldSelector") == "status.phase=Running"
        found = [
            one
            for one in every
            if namespace in (None, one["metadata"]["namespace"])
            and not (running and one.get("status", {}).get("phase") != "Running")
        ]
        start = int(query.get("continue") or 0)
        end = start + min(PAGE, int(query.get("limit") or PAGE))
        metadata = {"resourceVersion": "7", **({"continue": str(end)} if end < len(found) else {})}
        return 200, {"kind": "List", "metadata": metadata, "items": found[start:end]}, {}


def container(name: str, *, compose: str = "", scrape: bool = False) -> dict[str, Any]:
    """A container as Docker lists it."""
    labels = {"com.docker.compose.service": compose} if compose else {}
    labels |= {"prometheus.io/scrape": "true"} if scrape else {}
    return {"Id": "4f" * 32, "Names": [f"/{name}"], "Image": name, "Labels": labels, "State": "running"}


def pod(name: str, app: str, *, namespace: str = "shop", scrape: bool = True, phase: str = "Running") -> dict[str, Any]:
    """A pod of a deployment as Kubernetes lists it."""
    about: dict[str, Any] = {
        "name": name,
        "namespace": namespace,
        "labels": {**({"app.kubernetes.io/name": app} if app else {}), "pod-template-hash": "7c9f"},
        "ownerReferences": [{"kind": "ReplicaSet", "name": f"{name.rpartition('-')[0]}"}],
    }
    if scrape:
        about["annotations"] = {"prometheus.io/scrape": "true", "prometheus.io/port": "8080"}
    return {"metadata": about, "spec": {}, "status": {"phase": phase}}


@contextmanager
def serving(context: ssl.SSLContext | None = None, socket: Path | None = None) -> Iterator[Api]:
    """Serve all three APIs at one address of loopback, or at a Unix socket."""
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            api.seen.append(self.path)
            parts = urlsplit(self.path)
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, body, headers = api.answer(parts.path, dict(parse_qsl(parts.query)), token)
            text = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

        def address_string(self) -> str:
            return ""

    server: socketserver.BaseServer
    if socket is not None:
        server = socketserver.ThreadingUnixStreamServer(str(socket), Handler)
        api.url = f"unix://{socket}"
    else:
        listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context is not None:
            listening.socket = context.wrap_socket(listening.socket, server_side=True)
        api.url = f"http{'s' if context else ''}://127.0.0.1:{listening.server_port}"
        server = listening
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
