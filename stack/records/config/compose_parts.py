"""The parts of a compose service that have a short and a long way to be written: ports, volumes, environment."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from stack.text.interpolation import expand

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
    """A volume of a service; `kind` is bind, volume or tmpfs."""

    kind: str
    source: str
    target: str
    read_only: bool
    line: int | None


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
    # An IPv6 address has colons of its own and stands in brackets.
    host, _, published = rest.rpartition(":")
    return Port(host.strip("[]") if host.startswith("[") else host, published, target, line)


def _mounts(value: Any, line_of: LineOf) -> Iterator[Mount]:
    for at, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            source, target = (expand(_plain(item.get(key))) for key in ("source", "target"))
            yield Mount(str(item.get("type", "volume")), source, target, item.get("read_only") is True, line_of(at))
            continue
        source, target, *options = [*expand(str(item)).split(":"), ""]
        if not target:
            source, target = "", source
        modes = options[0].split(",") if options else []
        kind = "bind" if source.startswith((".", "/", "~")) else "volume"
        yield Mount(kind, source, target, "ro" in modes, line_of(at))


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
