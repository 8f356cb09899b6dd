"""The labels of a service's scraped series, beside those of its log streams."""

from collections.abc import Mapping
from dataclasses import dataclass

from stack.text.typed import FromYaml


@dataclass(frozen=True, slots=True)
class SharedLabels(FromYaml):
    """The labels that Prometheus attaches to the series of a service, by target, and those of its log streams."""

    targets: tuple[Mapping[str, str], ...] = ()
    streams: tuple[Mapping[str, str], ...] = ()
