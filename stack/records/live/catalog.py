"""The catalog in the running stack: which jobs Prometheus scrapes, and which services have log streams."""

import math
from dataclasses import dataclass
from typing import ClassVar, Self

from stack.records.scrape.target import Target
from stack.text.plain_yaml import plain_yaml
from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class RunningJobs:
    """`jobs` pairs every job that has targets with the URL of its first; `catalog` and `components` are expected.

    No target of a job in `untold` has answered a scrape yet, so that it may be a component.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("prometheus",)

    jobs: tuple[tuple[str, str], ...]
    catalog: tuple[str, ...]
    components: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read YAML with the keys `jobs` (job: URL), `catalog`, `components` and `untold` (lists of names)."""
        data = plain_yaml(text)
        names = (tuple(data.get(key, ())) for key in ("catalog", "components", "untold"))
        return cls(tuple(data["jobs"].items()), *names)


@dataclass(frozen=True, slots=True)
class OtherTargets(FromYaml):
    """The active targets that are neither a component's nor a judged service's; `observed_s` as in ComponentTargets."""

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("prometheus",)

    targets: tuple[Target, ...]
    observed_s: float = math.inf


@dataclass(frozen=True, slots=True)
class CatalogStreams(FromYaml):
    """`expected` selects the streams of each service that logs, `found` those of it that have streams.

    `hours` is the time range of the query.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("loki",)

    expected: tuple[str, ...]
    found: tuple[str, ...]
    hours: float = 1.0
