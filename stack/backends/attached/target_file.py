"""The file that says where a running stack is: `--stack attached --target FILE`.

prometheus: https://observability.example/prometheus
loki:
  url: https://observability.example/loki
  user_env: GATEWAY_USER            # names of environment variables; the file itself holds no secret
  password_env: GATEWAY_PASSWORD
gateway: {url: https://observability.example, user_env: GATEWAY_USER, password_env: GATEWAY_PASSWORD}
files: ../stack                     # optional: the files it was deployed from, to compare settings with
provoke: false                      # whether services may be sent the traffic of their catalog entry
services:                           # where services of the catalog answer, without a path
  checkout: http://checkout.example:8080
  billing: {url: http://billing.example:8080, logs: {service: billing-api, environment: production}}
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from stack.components import COMPONENTS
from stack.text.yaml_text import ConfigError, YamlText, read_mapping

NAMED = tuple(name for name, info in COMPONENTS.items() if info.ready_path)
"""The components that can be attached to; what Redis does is seen through its exporter."""
OPTIONS = ("files", "provoke", "services")
COMPONENT_KEYS = ("url", "user_env", "password_env")
SERVICE_KEYS = ("url", "logs")


class TargetFileError(ValueError):
    """A target file that cannot be used; the text names file, line and key."""


@dataclass(frozen=True)
class ServiceAt:
    """Where a service answers (base URL), and the labels by which its streams are found; empty: the catalog's."""

    url: str
    logs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TargetFile:
    """A running stack's addresses: base URLs and credentials by component, and its services by name."""

    endpoints: Mapping[str, str]
    credentials: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    services: Mapping[str, ServiceAt] = field(default_factory=dict)
    files: Path | None = None
    provoke: bool = False
    lines: Mapping[str, str] = field(default_factory=dict)
    """`file:line` of every service, for messages about it."""

    @classmethod
    def load(cls, path: Path, environment: Mapping[str, str]) -> TargetFile:
        """Read a file; credentials come from `environment`.

        Raises:
            TargetFileError: it cannot be read, says something unknown, or names a variable that is not set.

        """
        try:
            text = path.read_text(encoding="utf-8")
            document = read_mapping(text)
        except (OSError, UnicodeDecodeError) as broken:
            raise TargetFileError(f"{path}: cannot be read: {getattr(broken, 'strerror', None) or broken}") from None
        except ConfigError as broken:
            place = str(broken).replace("line ", "", 1) if str(broken).startswith("line ") else f" {broken}"
            raise TargetFileError(f"{path}:{place}") from None
        return _Reader(path, document, environment).read()


@dataclass(frozen=True)
class _Reader:
    path: Path
    document: YamlText
    environment: Mapping[str, str]

    def read(self) -> TargetFile:
        data = self.document.data
        self._only(data, (*NAMED, *OPTIONS))
        named = [name for name in data if name in NAMED]
        if not named:
            self._refuse("it names no component: write at least `prometheus: http://host:9090`")
        entries = {name: self._entry((name,), data[name], COMPONENT_KEYS) for name in named}
        services = self._mapping(("services",), data.get("services"))
        return TargetFile(
            {name: self._url((name,), entry) for name, entry in entries.items()},
            {name: pair for name, entry in entries.items() if (pair := self._credentials(name, entry))},
            {str(name): self._service(str(name), entry) for name, entry in services.items()},
            self._files(data.get("files")),
            self._flag("provoke", data.get("provoke", False)),
            {str(name): f"{self.path}:{self.document.line('services', name)}" for name in services},
        )

    def _service(self, name: str, value: Any) -> ServiceAt:
        entry = self._entry(("services", name), value, SERVICE_KEYS)
        url = self._url(("services", name), entry)
        if urlsplit(url).path:
            self._refuse(f"`{url}` has a path; the service's service.yaml says where its metrics are", "services", name)
        labels = self._mapping(("services", name, "logs"), entry.get("logs"))
        if not all(isinstance(value, str) for value in labels.values()):
            self._refuse("expected labels as texts, such as `service: billing-api`", "services", name, "logs")
        return ServiceAt(url, labels)

    def _entry(self, path: tuple[str, ...], value: Any, keys: tuple[str, ...]) -> Mapping[str, Any]:
        """An entry written as a mapping, or as the URL alone."""
        if isinstance(value, str):
            return {"url": value}
        entry = self._mapping(path, value)
        self._only(entry, keys, *path)
        if "url" not in entry:
            self._refuse("expected a URL, or a mapping with the key `url`", *path)
        return entry

    def _url(self, path: tuple[str, ...], entry: Mapping[str, Any]) -> str:
        url = entry["url"]
        try:
            parts = urlsplit(url if isinstance(url, str) else "")
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            self._refuse(f"`{url}` is not a URL such as http://host:9090", *path)
        if parts.username or parts.password:
            self._refuse("a URL with a password is read by everybody; use `user_env` and `password_env`", *path)
        if parts.query or parts.fragment:
            self._refuse(f"`{url}` has a query; write the base URL", *path)
        return str(url).rstrip("/")

    def _credentials(self, name: str, entry: Mapping[str, Any]) -> tuple[str, str] | None:
        names = [entry.get("user_env"), entry.get("password_env")]
        if names == [None, None]:
            return None
        found = []
        for key, variable in zip(("user_env", "password_env"), names, strict=True):
            if not isinstance(variable, str) or not variable:
                self._refuse("user_env and password_env come together, each the name of a variable", name, key)
            if not self.environment.get(variable):
                self._refuse(f"the environment variable {variable} is not set", name, key)
            found.append(self.environment[variable])
        return found[0], found[1]

    def _files(self, value: Any) -> Path | None:
        if value is None:
            return None
        folder = self.path.parent / str(value)
        if not folder.is_dir():
            self._refuse(f"there is no folder {folder}", "files")
        return folder

    def _flag(self, key: str, value: Any) -> bool:
        if not isinstance(value, bool):
            self._refuse(f"expected true or false, found `{value}`", key)
        return bool(value)

    def _mapping(self, path: tuple[str, ...], value: Any) -> Mapping[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self._refuse(f"expected a mapping, found `{value}`", *path)
        return dict(value)

    def _only(self, data: Mapping[str, Any], known: Iterable[str], *path: str) -> None:
        known = list(known)
        for key in data:
            if key not in known:
                close = difflib.get_close_matches(str(key), known, 1)
                hint = f"did you mean `{close[0]}`?" if close else f"known are {', '.join(known)}"
                self._refuse(f"unknown key; {hint}", *path, str(key))

    def _refuse(self, why: str, *path: str) -> NoReturn:
        line = self.document.line(*path) if path else None
        place = f"{self.path}:{line}" if line else str(self.path)
        raise TargetFileError(f"{place}: {'.'.join(path)}: {why}" if path else f"{place}: {why}")
