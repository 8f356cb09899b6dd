"""The components of the running stack: readiness, scrape targets, listening addresses and clocks."""

import ipaddress
import math
from dataclasses import dataclass
from typing import ClassVar, Self

from stack.components import COMPONENTS
from stack.records.scrape.target import Target
from stack.text.plain_yaml import plain_yaml
from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class ComponentState(FromYaml):
    """One component as the run found it.

    `provenance` is container, native, embedded, attached or absent; `problem` is why it is not ready (the
    server's last log lines where it exited), None for a component that answered its ready check to the end of the
    collection.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = tuple(COMPONENTS)

    name: str
    provenance: str
    version: str | None = None
    endpoint: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ComponentTargets(FromYaml):
    """The active targets of a component; none is a finding too.

    `job` is the job that the run or a target file names, empty where targets are recognised by `build_info`. `replicas`
    is how many there must be. `observed_s` is for how long Prometheus may have known them, in seconds.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = tuple(name for name, info in COMPONENTS.items() if info.scraped)

    component: str
    targets: tuple[Target, ...]
    job: str = ""
    build_info: str = ""
    replicas: int = 1
    observed_s: float = math.inf


@dataclass(frozen=True, slots=True)
class Listeners(FromYaml):
    """The `host:port` of every socket that a component's processes listen on, or that its container publishes."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = tuple(COMPONENTS)

    component: str
    addresses: tuple[str, ...]

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing that a rule could pass on."""
        return "" if self.addresses else f"{self.component} listens nowhere"

    @property
    def public(self) -> tuple[str, ...]:
        """Those that others than this machine can reach."""
        return tuple(address for address in self.addresses if not _is_loopback(address))


def _is_loopback(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    try:
        at = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host == "localhost"
    mapped = getattr(at, "ipv4_mapped", None)
    return bool((mapped or at).is_loopback)


@dataclass(frozen=True, slots=True)
class ClockSkew:
    """The bounds of a clock's offset from ours, in seconds (negative: it is behind).

    An answer dated `d`, whole seconds, was made between `d` and `d + 1` by its own clock, and between request and
    response by ours; the offset is between `least` and `most`.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = tuple(name for name, info in COMPONENTS.items() if info.ready_path)

    component: str
    least: float
    most: float

    @classmethod
    def measured(cls, component: str, dated: float, asked: float, received: float) -> Self:
        """Give the bounds for an answer dated `dated`; all in Unix seconds."""
        return cls(component, dated - received, dated + 1.0 - asked)

    @property
    def took_s(self) -> float:
        """How long the answer took, in seconds: by so much the offset is not known."""
        return self.most - self.least - 1.0

    @property
    def proven(self) -> float:
        """The least difference that the answer leaves possible; 0 where the clocks may agree."""
        return self.least if self.least > 0 else min(0.0, self.most)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read YAML with the keys `component`, `dated`, `asked` and `received` (Unix seconds)."""
        data = plain_yaml(text)
        return cls.measured(data["component"], data["dated"], data["asked"], data["received"])
