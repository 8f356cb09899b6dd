"""The file that says what a running stack is: `--stack attached --target FILE`.

`docs/attach.md` describes every key, with an example; its shape is `schemas/target.schema.json`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from stack.backends.attached.access import Secrets, access, access_problems, base_url, entry_of
from stack.clients.sign_in import Access
from stack.components import COMPONENTS
from stack.text import schema_errors
from stack.text.durations import SEVEN_DAYS, seconds
from stack.text.schema_data import schema_data
from stack.text.yaml_text import Problem, YamlText, read_strict

NAMED = tuple(name for name, info in COMPONENTS.items() if info.ready_path)
"""The components that can be attached to; what Redis does is seen through its exporter."""
CONSOLE = "console"
SOURCES = ("consul", "docker", "kubernetes")
"""Where services can be discovered beside Prometheus."""


class TargetFileError(ValueError):
    """A target file that cannot be used; the text names file, line and key of every problem."""


@dataclass(frozen=True)
class ServiceAt:
    """Where a service answers (base URL), and what is known of it; empty: what the catalog says.

    `metrics` is the path of its metrics, `job` its job in Prometheus, `logs` the labels by which its streams are found,
    `format` that of its lines.
    """

    url: str
    logs: Mapping[str, str] = field(default_factory=dict)
    metrics: str = ""
    job: str = ""
    format: str = ""


@dataclass(frozen=True)
class GatewayFacts:
    """What a site says of its gateway: a path that needs no credentials, those that do, and whether to guess."""

    health: str = ""
    protected: tuple[str, ...] = ()
    guess_passwords: bool = False


@dataclass(frozen=True)
class ConsoleFacts:
    """A console: its base URL, the accounts that it may be asked as, by role, and whether passwords may be guessed.

    The account `limited` is a viewer that sees a part of the platform.
    """

    url: str
    accounts: Mapping[str, Access] = field(default_factory=dict)
    guess_passwords: bool = False


@dataclass(frozen=True)
class Source:
    """Where services are discovered: the base URL of an API. `namespaces` are those of Kubernetes, empty for all."""

    url: str
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Promise:
    """How long data is kept, in seconds."""

    logs_s: float = SEVEN_DAYS
    metrics_s: float = SEVEN_DAYS


@dataclass(frozen=True)
class TargetFile:
    """A running stack's addresses: base URLs by component, how each is reached, and its services by name.

    `jobs` and `replicas` are those of components, by name; `other_jobs` are known beside them. `service_label` and
    `level_label` are empty where the file names none. `window_s` is how far back faults are searched, in seconds.
    """

    endpoints: Mapping[str, str]
    access: Mapping[str, Access] = field(default_factory=dict)
    per_second: float = 0.0
    """Requests per second that are sent to the stack at most; 0: any number."""
    services: Mapping[str, ServiceAt] = field(default_factory=dict)
    files: Path | None = None
    provoke: bool = False
    lines: Mapping[str, str] = field(default_factory=dict)
    """`file:line` of every service, for messages about it."""
    catalog: Path | None = None
    jobs: Mapping[str, str] = field(default_factory=dict)
    replicas: Mapping[str, int] = field(default_factory=dict)
    other_jobs: tuple[str, ...] = ()
    gateway: GatewayFacts = GatewayFacts()
    console: ConsoleFacts | None = None
    docker_api: str = ""
    """The base URL of the filter through which the console reaches the Docker API; empty where the file names none."""
    promise: Promise = Promise()
    service_label: str = ""
    level_label: str = ""
    window_s: float = 3600.0
    discovery: Mapping[str, Source] = field(default_factory=dict)
    waivers: tuple[Mapping[str, Any], ...] = ()
    """Accepted breaches as they are in the file, each with the key `where`, its `file:line`."""

    @property
    def credentials(self) -> Mapping[str, tuple[str, str]]:
        """User and password of the components that have some."""
        return {name: one.basic for name, one in self.access.items() if one.basic}

    @property
    def signed(self) -> Mapping[str, Access]:
        """How each base URL is reached, but the gateway's: that is tried without credentials."""
        access = {self.endpoints[name]: self.access.get(name, Access()) for name in self.endpoints if name != "gateway"}
        front = self.access.get("gateway", Access())
        unsigned = replace(front, basic=None, bearer="", oauth2=None, tenant="")
        found = {source.url: self.access.get(name, Access()) for name, source in self.discovery.items()}
        return {**({self.endpoints["gateway"]: unsigned} if "gateway" in self.endpoints else {}), **access, **found}

    @property
    def named(self) -> tuple[str, ...]:
        """The components that the file names, by URL or by job."""
        return tuple(name for name in NAMED if name in self.endpoints or name in self.jobs)

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
        secrets, problems = Secrets(path.parent, environment), list(document.problems)
        if not problems:
            problems += schema_errors.problems(_validator(), document)
        if not problems:
            problems += _missing(document, secrets)
        if problems:
            raise TargetFileError("\n".join(problem.in_file(str(path)) for problem in problems))
        return cls(**_read(document, path, secrets))


def read_component(text: str, secrets: Secrets) -> Mapping[str, Any]:
    """The entry of a component, given by itself: its URL, or a mapping with `url`, as a target file has it.

    Raises:
        TargetFileError: it breaks the schema, or names a variable or file that is not there.

    """
    key = "--write-target"
    document = read_strict(f"{key}: {text}\n".encode())
    found = list(document.problems) or list(schema_errors.problems(_validator(key), document))
    if not found:
        found = list(access_problems(document, (key,), document.data[key], secrets))
    if not found and "url" not in entry_of(document.data[key]):
        found = [Problem(1, "is missing", (key, "url"))]
    if found:
        raise TargetFileError("; ".join(": ".join([*map(str, one.path[1:]), one.message]) for one in found))
    return entry_of(document.data[key])


def _read(document: YamlText, path: Path, secrets: Secrets) -> dict[str, Any]:
    """The fields of a target file that has no problem."""
    data = document.data
    components = {name: entry_of(data[name]) for name in data if name in NAMED}
    services = {name: entry_of(entry) for name, entry in data.get("services", {}).items()}
    sources = {name: entry_of(entry) for name, entry in data.get("discovery", {}).items()}
    gateway = components.get("gateway", {})
    labels, kept = data.get("labels", {}), data.get("retention", {})
    return {
        "endpoints": {name: entry["url"].rstrip("/") for name, entry in components.items() if "url" in entry},
        "access": {name: access(entry, secrets) for name, entry in {**components, **sources}.items()},
        "discovery": {
            name: Source(base_url(entry), tuple(entry.get("namespaces", ()))) for name, entry in sources.items()
        },
        "per_second": data.get("requests_per_second", 0.0),
        "services": {name: ServiceAt(**{**at, "url": at["url"].rstrip("/")}) for name, at in services.items()},
        "files": path.parent / data["files"] if "files" in data else None,
        "provoke": data.get("provoke", False),
        "lines": {name: f"{path}:{document.line('services', name)}" for name in services},
        "catalog": path.parent / data["catalog"] if "catalog" in data else None,
        "jobs": {name: entry["job"] for name, entry in components.items() if "job" in entry},
        "replicas": {name: entry["replicas"] for name, entry in components.items() if "replicas" in entry},
        "other_jobs": tuple(data.get("jobs", ())),
        "gateway": GatewayFacts(
            gateway.get("health", ""), tuple(gateway.get("protected", ())), gateway.get("guess_passwords", False)
        ),
        "console": _console(entry_of(data.get(CONSOLE, "")), secrets),
        "docker_api": entry_of(data.get(CONSOLE, "")).get("docker_api", "").rstrip("/"),
        "promise": Promise(*(seconds(kept.get(kind)) or SEVEN_DAYS for kind in ("logs", "metrics"))),
        "service_label": labels.get("service", ""),
        "level_label": labels.get("level", ""),
        "waivers": tuple(
            {**waiver, "where": f"{path}:{document.line('waivers', index)}"}
            for index, waiver in enumerate(data.get("waivers", ()))
        ),
        "window_s": seconds(data.get("window")) or TargetFile.window_s,
    }


def _console(entry: Mapping[str, Any], secrets: Secrets) -> ConsoleFacts | None:
    """What is known of the console; None where its address is not."""
    if not entry.get("url"):
        return None
    accounts = {role: access(one, secrets) for role, one in entry.get("accounts", {}).items()}
    return ConsoleFacts(entry["url"].rstrip("/"), accounts, entry.get("guess_passwords", False))


def _missing(document: YamlText, secrets: Secrets) -> Iterator[Problem]:
    data, folder = document.data, secrets.folder
    if not data.keys() & {*NAMED, CONSOLE}:
        yield Problem(0, "it names no component: write at least `prometheus: http://host:9090`")
    found = data.get("discovery", {})
    places = [*((name,) for name in NAMED if name in data), *(("discovery", name) for name in found)]
    for at in places:
        yield from access_problems(document, at, found[at[1]] if len(at) > 1 else data[at[0]], secrets)
    for role, account in entry_of(data.get(CONSOLE, "")).get("accounts", {}).items():
        yield from access_problems(document, (CONSOLE, "accounts", role), account, secrets)
    for key in ("catalog", "files"):
        if key in data and not (folder / data[key]).is_dir():
            yield Problem(document.line_of((key,)), f"there is no folder {folder / data[key]}", (key,))


@cache
def _validator(alone: str = "") -> Draft202012Validator:
    """The validator of a target file, or of one component under the key `alone`."""
    schema = schema_data("target.schema.json")
    for kind in ("component", "gateway", "console", "source", "docker", "kubernetes"):
        schema["$defs"][kind]["properties"] |= schema["$defs"]["access"]
    components = {name: {"$ref": f"#/$defs/{'gateway' if name == 'gateway' else 'component'}"} for name in NAMED}
    if alone:
        return schema_errors.validator({**schema, "properties": {alone: {"$ref": "#/$defs/component"}}})
    return schema_errors.validator({**schema, "properties": components | schema["properties"]})
