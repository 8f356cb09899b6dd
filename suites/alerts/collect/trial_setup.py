"""What an alert trial is carried out on: the shipped files, with an overlay, and receivers that record messages.

The overlay shortens `for` and the grouping intervals, evaluates every second, and replaces the address of every
receiver: HTTP by a small server, e-mail by an SMTP server, both on loopback.

From pending over firing to resolved a rule is evaluated three times. At the shipped 15 s of Prometheus and 60 s of
Loki's ruler that alone takes up to 45 and 180 s, and a trial has 40.
"""

import asyncio
import contextlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default as modern
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import yaml
from aiosmtpd.handlers import Message as SmtpHandler
from aiosmtpd.smtp import SMTP

from stack.backends.ports import HOST
from stack.components import COMPONENTS
from stack.records.alerts.rules import AlertRule, RuleFile
from stack.text.durations import seconds
from stack.text.yaml_text import YamlText
from suites.core.stack_files import read_file

SHORT = "1s"
OVERLAY = (
    "every `for` and grouping interval at most 1 s",
    "rules evaluated every second",
    "a firing alert sent to Alertmanager again after 5 s",
    "addresses of receivers replaced by an HTTP and an SMTP server that record",
)
ALERTMANAGER = "alertmanager/alertmanager.yml"
ADDRESSES = {
    "slack_configs": "api_url",
    "webhook_configs": "url",
    "discord_configs": "webhook_url",
    "msteams_configs": "webhook_url",
    "msteamsv2_configs": "webhook_url",
}
"""Where the kinds of receiver that speak plain HTTP have their address."""
SECRETS = ("api_url_file", "url_file", "webhook_url_file", "http_config", "app_token", "app_token_file")
RECEIVER_HEADER = "X-Trial-Receiver"


class TrialImpossibleError(Exception):
    """The shipped files are such that no trial can be made of them; the text says why."""


@dataclass(frozen=True)
class Message:
    """A message of Alertmanager: to which receiver, through which integration, its text, and when (monotonic)."""

    receiver: str
    integration: str
    text: str
    at: float

    @property
    def place(self) -> str:
        """Where it arrived, as `receiver/integration`."""
        return f"{self.receiver}/{self.integration}"

    @property
    def resolved(self) -> bool:
        """Whether it is about the end of an alert."""
        return "RESOLVED" in self.text.upper()


@dataclass
class Receivers:
    """Records the messages of Alertmanager that come by HTTP, under `/<receiver>/<integration>`, and by SMTP."""

    messages: list[Message] = field(default_factory=list)
    integrations: dict[str, list[str]] = field(default_factory=dict)
    """By receiver, as in Alertmanager's file; a kind that is neither plain HTTP nor e-mail comes by HTTP."""
    http_port: int = 0
    smtp_port: int = 0
    _http: ThreadingHTTPServer | None = None
    _smtp: asyncio.Server | None = None

    async def up(self) -> None:
        """Listen on ports of their own."""
        self._http = serve(0, self._take)
        self.http_port = int(self._http.server_address[1])
        loop, handler = asyncio.get_running_loop(), _Mail(self.messages)
        self._smtp = await loop.create_server(lambda: SMTP(handler, hostname=HOST, loop=loop), HOST, 0)
        self.smtp_port = self._smtp.sockets[0].getsockname()[1]

    def down(self) -> None:
        """Listen no more."""
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
        if self._smtp is not None:
            self._smtp.close()

    def _take(self, path: str, body: bytes) -> str:
        with contextlib.suppress(ValueError):
            body = json.dumps(json.loads(body), ensure_ascii=False).encode()
        receiver, _, integration = path.strip("/").partition("/")
        self.messages.append(Message(receiver, integration, body.decode("utf-8", "replace"), time.monotonic()))
        return "ok"


class _Mail(SmtpHandler):
    """Takes a mail with its subject and all of its texts."""

    def __init__(self, messages: list[Message]) -> None:
        super().__init__()
        self.messages = messages

    def prepare_message(self, session: Any, envelope: Any) -> Any:  # noqa: ARG002  # as aiosmtpd calls it
        """Read the mail with the parser that decodes headers."""
        return message_from_bytes(envelope.original_content or envelope.content, policy=modern)

    def handle_message(self, message: Any) -> None:
        """Record it."""
        parts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
        text = "\n".join([f"To: {message['To']}", f"Subject: {message['Subject']}", *parts])
        self.messages.append(Message(str(message[RECEIVER_HEADER]), "email", text, time.monotonic()))


def serve(port: int, answer: Any) -> ThreadingHTTPServer:
    """Answer every request on a loopback port with `answer(path, body)`, as text of Prometheus' format."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            text = answer(self.path, body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_GET  # noqa: N815  # the name that http.server calls

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((HOST, port), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


def overlaid(config_dir: Path, folder: Path, receivers: Receivers) -> list[AlertRule]:
    """Write a copy of the shipped files with the overlay to `folder`; returns the alert rules, Prometheus' first.

    Raises:
        TrialImpossibleError: the files have no rule or no receiver that a trial could be made of.

    """
    for name in sorted({info.config_file.partition("/")[0] for info in COMPONENTS.values() if "/" in info.config_file}):
        if (config_dir / name).is_dir():
            shutil.copytree(config_dir / name, folder / name, ignore=shutil.ignore_patterns("secrets"))
    rules = [rule for pattern in ("prometheus/rules/*.y*ml", "loki/rules/*/*.y*ml") for rule in _short(folder, pattern)]
    if not any(folder.glob("prometheus/rules/*")):
        raise TrialImpossibleError("there is no rule file in prometheus/rules/")
    prometheus = _read(folder, "prometheus/prometheus.yml")
    general = prometheus.setdefault("global", {}) if isinstance(prometheus, dict) else {}
    general |= {"evaluation_interval": SHORT}
    _write(folder, "prometheus/prometheus.yml", prometheus)
    loki = _read(folder, "loki/loki-config.yaml") if (folder / "loki/loki-config.yaml").is_file() else {}
    if isinstance(loki.get("ruler"), dict):
        loki["ruler"] |= {"evaluation_interval": SHORT}
        _write(folder, "loki/loki-config.yaml", loki)
    _write(folder, ALERTMANAGER, _manager(_read(folder, ALERTMANAGER), receivers))
    return rules


def _read(folder: Path, name: str) -> Any:
    text = read_file(folder, name)
    if not isinstance(text, str):
        raise TrialImpossibleError(text.reason)
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as broken:
        raise TrialImpossibleError(f"{name} is no YAML: {str(broken).partition(chr(10))[0]}") from broken


def _write(folder: Path, name: str, data: Any) -> None:
    (folder / name).write_text(yaml.safe_dump(data, width=10_000), encoding="utf-8")


def _short(folder: Path, pattern: str) -> Iterator[AlertRule]:
    """Shorten the waiting times of rule files in place; yields their alerts."""
    for path in sorted(folder.glob(pattern)):
        name = path.relative_to(folder).as_posix()
        data = _read(folder, name)
        groups = data.get("groups") if isinstance(data, dict) else None
        for group in groups if isinstance(groups, list) else []:
            rules = group.get("rules") if isinstance(group, dict) else None
            if isinstance(group, dict) and _longer(group.get("interval")):
                group["interval"] = SHORT
            for rule in rules if isinstance(rules, list) else []:
                if isinstance(rule, dict):
                    rule |= {key: SHORT for key in ("for", "keep_firing_for") if _longer(rule.get(key))}  # in place
        _write(folder, name, data)
        read = RuleFile.of(YamlText(data, {}), name, "logql" if name.startswith("loki") else "promql")
        yield from (rule for rule in read.rules if not rule.record)


def _manager(data: Any, receivers: Receivers) -> Any:
    if not isinstance(data, dict) or not isinstance(data.get("route"), dict):
        raise TrialImpossibleError(f"{ALERTMANAGER} has no route")
    given = data.get("global")
    # What is secret, or leads elsewhere, is replaced at each receiver.
    kept = {key: value for key, value in given.items() if key == "resolve_timeout"} if isinstance(given, dict) else {}
    data["global"] = {**kept, "smtp_smarthost": f"{HOST}:{receivers.smtp_port}", "smtp_require_tls": False}
    _shorten(data["route"])
    data["receivers"] = [_recorded(one, receivers) for one in data.get("receivers") or () if isinstance(one, dict)]
    return data


def _recorded(receiver: Mapping[str, Any], receivers: Receivers) -> dict[str, Any]:
    """A receiver whose integrations send to the recording servers.

    What is neither plain HTTP nor e-mail is a webhook instead, so its own template is not tried.
    """
    name = str(receiver.get("name"))
    found: dict[str, Any] = {"name": name}
    for kind, configs in receiver.items():
        for one in configs if kind.endswith("_configs") and isinstance(configs, list) else ():
            integration = kind.removesuffix("_configs")
            address = f"http://{HOST}:{receivers.http_port}/{name}/{integration}"
            receivers.integrations.setdefault(name, []).append(integration)
            if kind == "email_configs":
                own = {key: one[key] for key in ("to", "send_resolved", "headers", "html", "text") if key in one}
                headers = {**(own.get("headers") or {}), RECEIVER_HEADER: name}
                sender = {"from": "trial@localhost"}
                found.setdefault(kind, []).append({**sender, **own, "headers": headers, "require_tls": False})
            elif kind in ADDRESSES:
                own = {key: value for key, value in one.items() if key not in SECRETS}
                found.setdefault(kind, []).append({**own, ADDRESSES[kind]: address})
            else:
                found.setdefault("webhook_configs", []).append({"url": address, "send_resolved": True})
    return found


def _shorten(route: dict[str, Any]) -> None:
    # Without one of its own the first route has Alertmanager's, which are longer.
    first = {"group_wait": "30s", "group_interval": "5m"} if "group_wait" not in route else {}
    route |= {key: SHORT for key in ("group_wait", "group_interval") if _longer({**first, **route}.get(key))}
    for child in route.get("routes") or ():
        if isinstance(child, dict):
            _shorten(child)


def _longer(duration: Any) -> bool:
    return (seconds(duration) or 0.0) > 1.0
