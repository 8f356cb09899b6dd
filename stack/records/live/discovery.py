"""What service discovery says, for comparison with the catalog: Consul, Docker and Kubernetes."""

from dataclasses import dataclass
from typing import ClassVar

from stack.text.typed import FromYaml

TITLES = {"consul": "Consul", "docker": "Docker", "kubernetes": "Kubernetes"}
"""What is asked, by its name in a target file."""


@dataclass(frozen=True, slots=True)
class SeenService(FromYaml):
    """One service as a source has it: by any of its `names`, the best first; `place` is the object that says so.

    `to_scrape`: it is meant to be monitored, as everything is that is registered in Consul.
    """

    names: tuple[str, ...]
    place: str
    to_scrape: bool = True


@dataclass(frozen=True, slots=True)
class DiscoveredServices(FromYaml):
    """The services that one source has; `known` are the names of catalog, components and target file, lower case."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = tuple(TITLES)

    source: str
    services: tuple[SeenService, ...]
    known: tuple[str, ...] = ()

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing that a rule could pass on."""
        marked = any(one.to_scrape for one in self.services)
        return "" if marked else f"{TITLES[self.source]} has nothing that is marked to be scraped"


@dataclass(frozen=True, slots=True)
class DeclaredServices(FromYaml):
    """The names of every service of the catalog, and all names that the `sources` have, both lower case."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = tuple(TITLES)

    declared: tuple[tuple[str, ...], ...]
    observed: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing that a rule could pass on."""
        return "" if self.declared else "the catalog has no services"
