"""The compose file: what each service of it asks of the container engine.

Source: https://docs.docker.com/reference/compose-file/services/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from stack.records.config.compose_parts import Mount, Port, environment_pairs, mounts_of, ports_of, words
from stack.text.interpolation import expand
from stack.text.yaml_text import ConfigError, YamlText, read_mapping, section

DEFAULT_FILE = "docker-compose.yml"


@dataclass(frozen=True, slots=True)
class ComposeService:
    """One service of a compose file.

    Texts are expanded with the file's own defaults, as if no variable were set; `raw_environment` and `raw_image`
    keep what is written. `healthcheck` is the command as words, empty where there is none or it is switched off.
    `memory_limit` is None where there is no limit. `lines` gives the line of each key that stands in the file.
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
    """Of `network_mode`, `pid`, `ipc`, `userns_mode`: those that are set."""
    ports: tuple[Port, ...]
    mounts: tuple[Mount, ...]
    raw_command: tuple[str, ...]
    raw_environment: tuple[tuple[str, str], ...]
    logging_driver: str
    logging_options: Mapping[str, str]

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
        privileged=body.get("privileged") is True,
        read_only=body.get("read_only") is True,
        cap_add=words(body.get("cap_add")),
        cap_drop=words(body.get("cap_drop")),
        security_opt=words(body.get("security_opt")),
        namespaces={key: _text(body[key]) for key in ("network_mode", "pid", "ipc", "userns_mode") if body.get(key)},
        ports=ports_of(body.get("ports"), lambda at: document.line("services", name, "ports", at)),
        mounts=mounts_of(body.get("volumes"), lambda at: document.line("services", name, "volumes", at)),
        raw_command=words(body.get("command")),
        raw_environment=environment_pairs(body.get("environment")),
        logging_driver=_text(logging.get("driver")),
        logging_options={str(key): _text(value) for key, value in section(logging, "options").items()},
    )


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
