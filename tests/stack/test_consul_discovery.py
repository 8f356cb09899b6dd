"""Real Prometheus takes its targets from an API that answers like Consul's, by the shipped `consul/consul.yml`."""

import contextlib
import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from stack.backends.ports import free_port
from stack.backends.process import HttpReady, ProcessSpec, start
from stack.eventually import eventually
from stack.servers.find import find_binary, why_absent

SHIPPED = Path(__file__).parents[2] / "stack" / "prometheus"
PROMETHEUS = find_binary("prometheus")

pytestmark = [
    pytest.mark.native,
    pytest.mark.skipif(PROMETHEUS is None, reason=why_absent("prometheus") if PROMETHEUS is None else ""),
]


class Registry:
    """Services as Consul knows them; a blocking query waits until `index` has passed the one that it names.

    It serves the metrics of every service as well, at whatever path is asked for.
    """

    def __init__(self) -> None:
        self.services: dict[str, dict[str, Any]] = {}
        self.index = 1
        self.changed = threading.Condition()
        self.blocking: list[str] = []
        self.scraped: set[str] = set()
        self.closed = False

    def register(self, name: str, tags: list[str], meta: dict[str, str] | None = None) -> None:
        with self.changed:
            self.services[name] = {"tags": tags, "meta": meta or {}}
            self._advance()

    def deregister(self, name: str) -> None:
        with self.changed:
            del self.services[name]
            self._advance()

    def close(self) -> None:
        with self.changed:
            self.closed = True
            self._advance()

    def _advance(self) -> None:
        self.index += 1
        self.changed.notify_all()

    def answer(self, url: str, port: int) -> tuple[Any, int]:
        """The JSON of an answer with its index; a query that names the present index blocks first."""
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        with self.changed:
            seen = int(query.get("index", ["0"])[0])
            if seen:
                self.blocking.append(parts.path)
                self.changed.wait_for(lambda: self.index > seen or self.closed, 60)
            if parts.path == "/v1/agent/self":
                return {"Config": {"Datacenter": "site"}}, self.index
            if parts.path == "/v1/catalog/services":
                return {name: service["tags"] for name, service in self.services.items()}, self.index
            name = parts.path.rpartition("/")[2]
            found = self.services.get(name)
            if found is None or not set(query.get("tag", [])) <= set(found["tags"]):
                return [], self.index
            node = {"Node": "node-1", "Address": "192.0.2.1", "Datacenter": "site"}
            service = {
                "ID": name,
                "Service": name,
                "Address": "127.0.0.1",
                "Port": port,
                "Tags": found["tags"],
                "Meta": found["meta"],
            }
            return [{"Node": node, "Service": service, "Checks": []}], self.index


@contextlib.contextmanager
def served(registry: Registry) -> Iterator[int]:
    """Serve a registry on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            port = int(self.headers["Host"].rpartition(":")[2])
            if self.path.startswith("/v1/"):
                answer, index = registry.answer(self.path, port)
                self._send(json.dumps(answer), "application/json", index)
            else:
                registry.scraped.add(self.path)
                self._send("# TYPE up_now gauge\nup_now 1\n", "text/plain; version=0.0.4", 0)

        def _send(self, body: str, kind: str, index: int) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Consul-Index", str(index))
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # Prometheus has ended
                self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as the base class names it
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        registry.close()
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def prometheus(folder: Path, consul: int) -> Iterator[str]:
    """Prometheus on the shipped files; of Consul's job, only the server and how often it is asked are others."""
    assert PROMETHEUS is not None
    shutil.copy2(SHIPPED / "prometheus.yml", folder)
    (folder / "scrape.d").mkdir()
    text = (SHIPPED / "consul" / "consul.yml").read_text(encoding="utf-8")
    for shipped, ours in (("consul:8500", f"127.0.0.1:{consul}"), ("refresh_interval: 30s", "refresh_interval: 1s")):
        assert text.count(shipped) == 1
        text = text.replace(shipped, ours)
    (folder / "scrape.d" / "consul.yml").write_text(text, encoding="utf-8")
    url = f"http://127.0.0.1:{free_port()}"
    arguments = (
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={urlsplit(url).netloc}",
        "--scrape.discovery-reload-interval=100ms",
    )
    running = start(
        ProcessSpec(
            "prometheus", (str(PROMETHEUS.path), *arguments), folder, folder / "out", {}, HttpReady(f"{url}/-/ready")
        )
    )
    try:
        running.wait_ready(60)
        yield url
    finally:
        running.stop()


def test_services_that_are_registered_with_the_tag_are_scraped(tmp_path: Path) -> None:
    registry = Registry()
    registry.register("orders", ["metrics", "v2"], {"system": "shop", "metrics_path": "/internal/metrics"})
    registry.register("legacy", ["v1"], {"system": "shop"})
    with served(registry) as port, prometheus(tmp_path, port) as url:

        def targets() -> dict[str, dict[str, str]]:
            found = httpx.get(f"{url}/api/v1/targets", params={"state": "active"}, timeout=60, trust_env=False).json()
            return {each["labels"]["job"]: each["labels"] for each in found["data"]["activeTargets"]}

        orders = {"job": "orders", "system": "shop", "instance": f"127.0.0.1:{port}"}
        assert eventually(targets, lambda found: "orders" in found, 60) == {"orders": orders}

        eventually(lambda: registry.scraped, lambda paths: "/internal/metrics" in paths, 60)
        registry.register("billing", ["metrics"])
        both = {"orders": orders, "billing": {"job": "billing", "instance": f"127.0.0.1:{port}"}}
        assert eventually(targets, lambda found: "billing" in found, 60) == both

        registry.deregister("orders")
        assert eventually(targets, lambda found: "orders" not in found, 60) == {"billing": both["billing"]}

    assert {"/v1/catalog/services", "/v1/health/service/orders"} <= set(registry.blocking)
