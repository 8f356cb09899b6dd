"""The compose file: what each service of it asks of the container engine.

Source: https://docs.docker.com/reference/compose-file/services/
"""

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, Self

from stack.text.interpolation import expand
from stack.text.yaml_text import ConfigError, YamlText, read_mapping, section

LOOPBACK = ("127.", "::1", "[::1]", "localhost")
LineOf = Callable[[int], int | None]


@dataclass(frozen=True, slots=True)
class Port:
    """A published port: `host` is the address it is bound to, empty for all of them."""

    host: str
    published: str
    target: str
    line: int | None

    @property
    def public(self) -> bool:
        """Whether other machines can reach it."""
        return not self.host.startswith(LOOPBACK)


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume of a service; `kind` is bind, volume or tmpfs. `unset` is a source of variables without a default."""

    kind: str
    source: str
    target: str
    read_only: bool
    line: int | None
    unset: str = ""


def words(value: Any) -> tuple[str, ...]:
    """A command or list: a list as it is, one text split as a shell would."""
    if value is None:
        return ()
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    try:
        return tuple(shlex.split(str(value)))
    except ValueError:
        return tuple(str(value).split())


def environment_pairs(value: Any) -> tuple[tuple[str, str], ...]:
    """Environment as pairs, unexpanded; a name without a value is taken from the environment of compose."""
    if isinstance(value, dict):
        return tuple((str(key), f"${{{key}}}" if item is None else _plain(item)) for key, item in value.items())
    pairs = []
    for item in value if isinstance(value, list) else ():
        name, equals, text = str(item).partition("=")
        pairs.append((name, text if equals else f"${{{name}}}"))
    return tuple(pairs)


def ports_of(value: Any, line_of: LineOf) -> tuple[Port, ...]:
    """Published ports, short (`127.0.0.1:9090:9090`) and long form."""
    return tuple(_port(item, line_of(at)) for at, item in enumerate(value if isinstance(value, list) else ()))


def mounts_of(value: Any, line_of: LineOf) -> tuple[Mount, ...]:
    """Mounts, short (`./loki.yaml:/etc/loki.yaml:ro`) and long form."""
    return tuple(_mounts(value, line_of))


def _port(item: Any, line: int | None) -> Port:
    if isinstance(item, dict):
        host, published, target = (expand(_plain(item.get(key))) for key in ("host_ip", "published", "target"))
        return Port(host, published, target, line)
    text = expand(str(item)).partition("/")[0]
    rest, _, target = text.rpartition(":")
    if not rest:
        return Port("", "", target, line)
    # An IPv6 address has colons of its own and is in brackets.
    host, _, published = rest.rpartition(":")
    return Port(host.strip("[]") if host.startswith("[") else host, published, target, line)


def _mounts(value: Any, line_of: LineOf) -> Iterator[Mount]:
    for at, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            source, target = (expand(_plain(item.get(key))) for key in ("source", "target"))
            unset = "" if source else _plain(item.get("source"))
            kind = str(item.get("type", "volume"))
            yield Mount(kind, source, target, _yes(item.get("read_only")), line_of(at), unset)
            continue
        source, target, *options = [*expand(str(item)).split(":"), ""]
        unset = str(item).rpartition(":" + target)[0] if target and not source else ""
        if not target:
            source, target = "", source
        modes = options[0].split(",") if options else []
        kind = "bind" if source.startswith((".", "/", "~")) else "volume"
        yield Mount(kind, source, target, "ro" in modes, line_of(at), unset)


def _yes(value: Any) -> bool:
    """Compose takes the text `"true"` for true, too."""
    return _text(value).lower() in ("true", "1", "t", "y", "yes", "on")


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


DEFAULT_FILE = "docker-compose.yml"


@dataclass(frozen=True, slots=True)
class ComposeService:
    """One service of a compose file.

    Texts are expanded with the file's own defaults, as if no variable were set; `raw_environment` and `raw_image`
    keep what is written. `healthcheck` is the command as words, empty where there is none or it is switched off.
    `memory_limit` is None where there is no limit. `lines` gives the line of each key in the file.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)

    name: str
    file: str
    lines: Mapping[str, int] = field(repr=False)
    image: str
    raw_image: str
    builds: bool
    command: tuple[str, ...]
    healthcheck: tuple[str, ...]
    restart: str
    memory_limit: str | None
    user: str
    privileged: bool
    read_only: bool
    cap_add: tuple[str, ...]
    cap_drop: tuple[str, ...]
    security_opt: tuple[str, ...]
    namespaces: Mapping[str, str]
    """Of `network_mode`, `pid`, `ipc`, `userns_mode`: those that are set, `${NAME}` as written if without a default."""
    ports: tuple[Port, ...]
    mounts: tuple[Mount, ...]
    raw_command: tuple[str, ...]
    raw_environment: tuple[tuple[str, str], ...]
    logging_driver: str
    logging_options: Mapping[str, str]
    unread: tuple[str, ...] = ()
    """The files and services that settings of it come from, and that are not read."""
    unread_environment: tuple[str, ...] = ()

    def line(self, key: str = "") -> int | None:
        """The line of one key of the service, or the line of its name."""
        return self.lines.get(key) or self.lines.get("")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a compose file that holds exactly one service; raises ConfigError for any other."""
        found = parse_compose(text)
        if len(found) != 1:
            raise ConfigError(f"expected one service, found {[service.name for service in found]}")
        return found[0]  # type: ignore[return-value]  # ComposeService is never subclassed


@lru_cache(maxsize=8)  # several areas read the same file
def parse_compose(text: str, file: str = DEFAULT_FILE) -> tuple[ComposeService, ...]:
    """Read every service of a compose file, those of profiles included, in the order of the file.

    Raises:
        ConfigError: the text is not YAML, or has no mapping `services`; the message names the line.

    """
    document = read_mapping(text)
    services = document.data.get("services")
    if not isinstance(services, dict):
        raise ConfigError(f"line {document.line('services') or 1}: no mapping `services`")
    found = []
    for name, body in services.items():
        if not isinstance(body, dict):
            raise ConfigError(f"line {document.line('services', str(name))}: service `{name}` is not a mapping")
        found.append(_service(str(name), body, document, file))
    return tuple(found)


def _service(name: str, body: dict[str, Any], document: YamlText, file: str) -> ComposeService:
    image = str(body.get("image") or "")
    check = section(body, "healthcheck")
    test = words(check.get("test"))
    logging = section(body, "logging")
    return ComposeService(
        name=name,
        file=file,
        lines=_lines(name, body, document),
        image=expand(image),
        raw_image=image,
        builds="build" in body,
        command=tuple(expand(word) for word in words(body.get("command"))),
        healthcheck=() if check.get("disable") is True or test[:1] == ("NONE",) else test,
        restart=_text(body.get("restart")) or _text(section(body, "deploy", "restart_policy").get("condition")),
        memory_limit=_memory(body),
        user=_text(body.get("user")),
        privileged=_yes(body.get("privileged")),
        read_only=_yes(body.get("read_only")),
        cap_add=_expanded(body.get("cap_add")),
        cap_drop=_expanded(body.get("cap_drop")),
        security_opt=_expanded(body.get("security_opt")),
        namespaces={
            key: _text(body[key]) or str(body[key])
            for key in ("network_mode", "pid", "ipc", "userns_mode")
            if body.get(key)
        },
        ports=ports_of(body.get("ports"), lambda at: document.line("services", name, "ports", at)),
        mounts=mounts_of(body.get("volumes"), lambda at: document.line("services", name, "volumes", at)),
        raw_command=words(body.get("command")),
        raw_environment=environment_pairs(body.get("environment")),
        logging_driver=_text(logging.get("driver")),
        logging_options={str(key): _text(value) for key, value in section(logging, "options").items()},
        unread=_extended(body.get("extends")),
        unread_environment=_files(body.get("env_file")),
    )


def _expanded(value: Any) -> tuple[str, ...]:
    """A list with its variables at their defaults, as written where they have none."""
    return tuple(expand(word) or word for word in words(value))


def _extended(value: Any) -> tuple[str, ...]:
    """What `extends` names: a file, or a service of the same file."""
    found = (value.get("file") or value.get("service")) if isinstance(value, dict) else value
    return (_text(found),) if found else ()


def _files(value: Any) -> tuple[str, ...]:
    """The files of `env_file`: one, or a list of names or of mappings with a `path`."""
    listed = value if isinstance(value, list) else [value] if value else []
    return tuple(_text(one.get("path") if isinstance(one, dict) else one) for one in listed)


def _lines(name: str, body: dict[str, Any], document: YamlText) -> dict[str, int]:
    lines = {"": document.line("services", name) or 0}
    for key, value in body.items():
        lines[str(key)] = document.line("services", name, str(key)) or 0
        for inner in value if isinstance(value, dict) else ():
            lines[f"{key}.{inner}"] = document.line("services", name, str(key), str(inner)) or 0
    return lines


def _memory(body: dict[str, Any]) -> str | None:
    limit = body.get("mem_limit") or section(body, "deploy", "resources", "limits").get("memory")
    return _text(limit) or None


def _text(value: object) -> str:
    return "" if value is None else expand(str(value))
