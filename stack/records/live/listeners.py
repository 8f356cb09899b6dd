"""On which addresses a running component can be reached."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import ClassVar, Self

import yaml

from stack.components import COMPONENTS


@dataclass(frozen=True, slots=True)
class Listeners:
    """The `host:port` of every socket that a component's processes listen on, or that its container publishes."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = tuple(COMPONENTS)

    component: str
    addresses: tuple[str, ...]

    @property
    def public(self) -> tuple[str, ...]:
        """Those that others than this machine can reach."""
        return tuple(address for address in self.addresses if not _is_loopback(address))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the record from YAML with its fields as keys."""
        data = yaml.safe_load(text)
        return cls(data["component"], tuple(data["addresses"]))


def _is_loopback(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    try:
        at = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host == "localhost"
    mapped = getattr(at, "ipv4_mapped", None)
    return bool((mapped or at).is_loopback)
