"""What the console says of itself: metrics, and log lines as JSON."""

import gzip
import json
import logging
import platform
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder, gzip_accepted

VERSION = "0.1.0"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Telemetry:
    """One registry with every metric of the process."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus-client leaves it unannotated
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        labels = ("method", "route", "code")
        self.requests = Counter(
            "http_requests", "Requests answered, by route and status code.", labels, registry=registry
        )
        self.duration = Histogram(
            "http_request_duration_seconds",
            "Time from the request's arrival to the end of its answer, streams included.",
            labels,
            buckets=SECONDS,
            registry=registry,
        )
        self.in_flight = Gauge("http_requests_in_flight", "Requests that are being answered now.", registry=registry)
        self.sign_ins = Counter("console_sign_ins", "Sign-ins by outcome.", ("outcome",), registry=registry)
        for outcome in ("success", "failure"):
            self.sign_ins.labels(outcome)
        self.streams = Gauge("console_streams", "Open live streams, by kind.", ("kind",), registry=registry)
        self.upstream_tails = Gauge("console_upstream_tails", "Tails that are open at Loki.", registry=registry)
        for kind in ("logs", "metrics", "terminal"):
            self.streams.labels(kind)
        self.dropped = Counter(
            "console_stream_lines_dropped",
            "Log lines that a live stream left out because the browser or Loki was too slow.",
            ("reason",),
            registry=registry,
        )
        for reason in ("slow_client", "loki"):
            self.dropped.labels(reason)
        build = Info("console_build", "The build that is running.", registry=registry)
        build.info({"version": VERSION, "python_version": platform.python_version()})

    def observe(self, method: str, route: str, status: int, elapsed_s: float) -> None:
        """Count one answered request."""
        labels = (method, route, str(status))
        self.requests.labels(*labels).inc()
        self.duration.labels(*labels).observe(elapsed_s)

    def exposition(self, accept: str, accept_encoding: str) -> tuple[dict[str, str], bytes]:
        """Give headers and body in the format that `accept` asks for, compressed when the client takes gzip."""
        encode, content_type = choose_encoder(accept)
        body = encode(self.registry)
        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
        if gzip_accepted(accept_encoding):
            body = gzip.compress(body, compresslevel=6)
            headers["Content-Encoding"] = "gzip"
        return headers, body


class JsonFormatter(logging.Formatter):
    """Formats any record, a library's too, as one JSON object on one line."""

    def __init__(self, origin: Mapping[str, str]) -> None:
        super().__init__()
        self._origin = dict(origin)

    def format(self, record: logging.LogRecord) -> str:
        """Give the line, without its newline."""
        line: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": getattr(record, "event", "log"),
            "message": record.getMessage(),
            **self._origin,
            **getattr(record, "fields", {}),
        }
        if record.levelno >= logging.ERROR or record.exc_info:
            error = record.exc_info[1] if record.exc_info else None
            line["error"] = f"{type(error).__name__}: {error}" if error else record.getMessage()
            line["stack"] = "".join(traceback.format_exception(error) if error else traceback.format_stack())
        return json.dumps(line, default=str)


def setup_logging(origin: Mapping[str, str], log_file: Path | None, *, stdout: bool = True) -> None:
    """Send every logger's lines to standard output and to a file."""
    logging.raiseExceptions = False  # a full disk must not become plain text on stderr
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stdout)] if stdout else []
    if log_file is not None:
        log_file.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(WatchedFileHandler(log_file, encoding="utf-8"))
    for handler in handlers:
        handler.setFormatter(JsonFormatter(origin))
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    for library in ("httpx", "asyncssh"):
        logging.getLogger(library).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
