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

Its shape is `schemas/target.schema.json`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from stack.components import COMPONENTS
from stack.text import schema_errors
from stack.text.schema_data import schema_data
from stack.text.yaml_text import Problem, YamlText, read_strict

NAMED = tuple(name for name, info in COMPONENTS.items() if info.ready_path)
"""The components that can be attached to; what Redis does is seen through its exporter."""


class TargetFileError(ValueError):
    """A target file that cannot be used; the text names file, line and key of every problem."""


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
            TargetFileError: it cannot be read, breaks its schema, or names a folder or variable that is not there.

        """
        try:
            document = read_strict(path.read_bytes())
        except OSError as broken:
            raise TargetFileError(f"{path}: cannot be read: {broken.strerror}") from None
        problems = list(document.problems)
        if not problems:
            problems += schema_errors.problems(_validator(), document)
        if not problems:
            problems += _missing(document, path.parent, environment)
        if problems:
            raise TargetFileError("\n".join(problem.in_file(str(path)) for problem in problems))
        data = document.data
        components = {name: _entry(data[name]) for name in data if name in NAMED}
        services = {name: _entry(entry) for name, entry in data.get("services", {}).items()}
        return cls(
            {name: entry["url"].rstrip("/") for name, entry in components.items()},
            {
                name: (environment[entry["user_env"]], environment[entry["password_env"]])
                for name, entry in components.items()
                if "user_env" in entry
            },
            {name: ServiceAt(entry["url"].rstrip("/"), entry.get("logs", {})) for name, entry in services.items()},
            path.parent / data["files"] if "files" in data else None,
            data.get("provoke", False),
            {name: f"{path}:{document.line('services', name)}" for name in services},
        )


def _entry(value: Any) -> Mapping[str, Any]:
    """An entry written as a mapping, or as the URL alone."""
    return {"url": value} if isinstance(value, str) else value


def _missing(document: YamlText, folder: Path, environment: Mapping[str, str]) -> Iterator[Problem]:
    data = document.data
    if not data.keys() & set(NAMED):
        yield Problem(0, "it names no component: write at least `prometheus: http://host:9090`")
    for name in NAMED:
        for key in ("user_env", "password_env"):
            variable = _entry(data.get(name, "")).get(key)
            if variable and not environment.get(variable):
                message = f"the environment variable {variable} is not set"
                yield Problem(document.line_of((name, key)), message, (name, key))
    if "files" in data and not (folder / data["files"]).is_dir():
        yield Problem(document.line_of(("files",)), f"there is no folder {folder / data['files']}", ("files",))


@cache
def _validator() -> Draft202012Validator:
    schema = schema_data("target.schema.json")
    components = {name: {"$ref": "#/$defs/component"} for name in NAMED}
    return schema_errors.validator({**schema, "properties": components | schema["properties"]})
