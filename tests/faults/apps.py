"""The services of the foreign site, in one process: they count requests, and log as structlog, pino and ECS do.

    python -m tests.faults.apps CONFIG.json

The configuration names the services (`name`, `port`, `log`, `style`), and what is wrong with them (`faults`).
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, Counter, Gauge, make_wsgi_app

PINO_LEVELS = {"debug": 20, "info": 30, "warning": 40, "error": 50}
MESSAGES = {"info": "request served", "warning": "stock is low", "error": "payment refused"}
EVERY_S = 0.2
LEVELS = ("info",) * 7 + ("warning", "info", "error")


def structlog_line(at: float, level: str, request: str) -> dict[str, Any]:
    """A line as structlog's JSON renderer writes it."""
    line = {"event": MESSAGES[level], "level": level, "timestamp": _rfc3339(at), "logger": "app", "request_id": request}
    failed = {"error": "card expired", "stack": "Traceback: in charge()"} if level == "error" else {}
    return {"service": request.rpartition("-")[0], **line, **failed}


def pino_line(at: float, level: str, request: str) -> dict[str, Any]:
    """A line as pino writes it: the level is a number, the time counts milliseconds."""
    failed = {"err": {"type": "Error", "message": "no answer", "stack": "at pay()"}} if level == "error" else {}
    line = {"level": PINO_LEVELS[level], "time": round(at * 1000), "pid": 7, "service": request.rpartition("-")[0]}
    return {**line, "reqId": request, **failed, "msg": MESSAGES[level]}


def ecs_line(at: float, level: str, request: str) -> dict[str, Any]:
    """A line in the Elastic Common Schema."""
    failed = {"error.message": "index is gone", "error.stack_trace": "at Search.find"} if level == "error" else {}
    return {
        "@timestamp": _rfc3339(at),
        "log.level": level,
        "message": MESSAGES[level],
        "ecs.version": "8.11",
        "service.name": request.rpartition("-")[0],
        "http.request.id": request,
        **failed,
    }


STYLES: Mapping[str, Callable[[float, str, str], dict[str, Any]]] = {
    "structlog": structlog_line,
    "pino": pino_line,
    "ecs": ecs_line,
}


def _rfc3339(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def serve(service: Mapping[str, Any], faults: Mapping[str, Any]) -> None:
    """Expose the metrics of one service, and write its lines until the process ends."""
    name, wrong = service["name"], faults.get(service["name"], {})
    registry = CollectorRegistry()
    build = Gauge(f"{name}_build_info", "Version of the running build.", ["version"], registry=registry)
    build.labels(wrong.get("version", "4.2.0")).set(1)
    requests = Counter(f"{name}_http_requests", "HTTP requests served.", ["code"], registry=registry)
    if labels := wrong.get("labels"):
        length = Gauge(f"{name}_queue_length", "Requests that wait.", list(labels), registry=registry)
        length.labels(**labels).set(3)
    app = make_wsgi_app(registry)
    server = make_server("127.0.0.1", service["port"], app, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log = Path(service["log"])
    log.parent.mkdir(parents=True, exist_ok=True)
    number = 0
    with log.open("a", encoding="utf-8") as out:
        while True:
            level, at = LEVELS[number % len(LEVELS)], time.time() + wrong.get("clock_s", 0.0)
            requests.labels("500" if level == "error" else "200").inc()
            if number < wrong.get("silent_after", number + 1):
                line = STYLES[service["style"]](at, level, f"{name}-{number + 100}") | wrong.get("more", {})
                if level == "error" and "padding" in wrong:
                    line["padding"] = "x" * wrong["padding"]
                out.write(wrong.get("text", "") or json.dumps(line))
                out.write("\n")
                out.flush()
            number += 1
            time.sleep(EVERY_S)


def expose(port: int, text: str) -> None:
    """Expose `text` as it is, whatever is asked: a further server of this site, which also takes notifications."""

    def app(request: Mapping[str, Any], start: Callable[[str, list[tuple[str, str]]], Any]) -> list[bytes]:
        request["wsgi.input"].read(int(request.get("CONTENT_LENGTH") or 0))
        start("200 OK", [("Content-Type", "text/plain; version=0.0.4")])
        return [text.encode()]

    make_server("127.0.0.1", port, app, handler_class=_Quiet).serve_forever()


def main() -> None:
    """Run all services of the configuration; ends with the process."""
    config = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    threads = [
        threading.Thread(target=serve, args=(service, config["faults"]), daemon=True) for service in config["services"]
    ]
    threads.append(threading.Thread(target=expose, args=(config["further"]["port"], config["further"]["text"])))
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    main()
