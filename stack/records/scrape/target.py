"""One scraped service as Prometheus reports it, as a frozen record.

The text form is YAML; keys are the field names, `targets` a list of targets, `exposed` and `stored` lists of series
in exposition notation:

    job: api-gateway
    targets:
      - {job: api-gateway, instance: "127.0.0.1:8080", health: up, scrape_url: "http://127.0.0.1:8080/metrics"}
    exposed: ['http_requests_total{code="200"}']
    stored: ['http_requests_total{code="200"}']
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

from stack.records.exposition.exposition import Exposition
from stack.text.plain_yaml import plain_yaml
from stack.text.typed import structure

SeriesKey = tuple[str, frozenset[tuple[str, str]]]
"""A series for comparison: name and labels without the target's, empty ones left out, bounds as numbers."""
BOUNDS = ("le", "quantile")
"""The labels whose values are numbers, however they are written."""


@dataclass(frozen=True, slots=True)
class Target:
    """One active target: identity, health and the last scrape.

    Durations in seconds; `last_scrape` is the start of the last scrape in Unix seconds, 0 before the first one.
    `labels` are all labels that Prometheus attaches to the target's series.
    """

    job: str
    instance: str
    health: str
    scrape_url: str
    last_error: str = ""
    scrape_seconds: float = 0.0
    interval_seconds: float = 15.0
    timeout_seconds: float = 10.0
    last_scrape: float = 0.0
    labels: tuple[tuple[str, str], ...] = ()

    def at(self, address: str) -> bool:
        """Whether it is scraped at this `host:port`, or below it where a path follows (`host:port/path`)."""
        where = self.scrape_url.partition("://")[2]
        return where.startswith(address) and where[len(address) : len(address) + 1] in ("", "/", "?")


@dataclass(frozen=True, slots=True)
class ScrapeTarget:
    """A service as Prometheus reports it: the `job` expected, the targets found for its address, and its series.

    `samples_scraped` and `samples_kept` are Prometheus' own counts of the last scrape. `exposed` and `stored` are None
    where they were not compared, for the reason in `not_compared`; `gap`: no rule on the service reports that reason.
    `known_fault` is what is wrong with the answers of the service itself, found without Prometheus and reported by
    other rules. `observed_s` is for how long a first scrape was waited for, in seconds. `timed`: some samples have
    timestamps of their own. `honored` are labels of the service that Prometheus stored in place of the target's
    (`honor_labels`). Where series that are on both sides are left out, `compared` is how many were exposed.
    """

    job: str
    targets: tuple[Target, ...]
    url: str = ""
    samples_scraped: int | None = None
    samples_kept: int | None = None
    exposed: frozenset[SeriesKey] | None = None
    stored: frozenset[SeriesKey] | None = None
    not_compared: str | None = None
    gap: bool = False
    known_fault: str | None = None
    observed_s: float = math.inf
    timed: bool = False
    honored: tuple[str, ...] = ()
    compared: int | None = None

    @property
    def up(self) -> bool:
        """It is one target, and that is scraped."""
        return len(self.targets) == 1 and self.targets[0].health == "up"

    @property
    def exposed_count(self) -> int:
        """How many exposed series were compared with the stored ones."""
        return len(self.exposed or ()) if self.compared is None else self.compared

    def without_common(self) -> Self:
        """The same without the series that are on both sides: of a large platform they are gigabytes."""
        if self.exposed is None or self.stored is None or self.compared is not None:
            return self
        exposed, stored = self.exposed - self.stored, self.stored - self.exposed
        return replace(self, exposed=exposed, stored=stored, compared=self.exposed_count)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form (see the module); raises ValueError where it is malformed."""
        data = plain_yaml(text)
        exposed, stored = (_keys(data.pop(side, None)) for side in ("exposed", "stored"))
        return replace(structure({"targets": [], **data}, cls), exposed=exposed, stored=stored)


def _keys(notations: Iterable[str] | None) -> frozenset[SeriesKey] | None:
    if notations is None:
        return None
    samples = Exposition.parse("".join(f"{series} 1\n" for series in notations)).samples()
    return frozenset(series_key(sample.name, sample.labels) for sample in samples)


def series_key(name: str, labels: Iterable[tuple[str, str]], without: frozenset[str] = frozenset()) -> SeriesKey:
    """A series for comparison, leaving out the labels `without`.

    Prometheus 3 stores `le` and `quantile` as floats (`1` becomes `1.0`) and drops empty labels.
    """
    return name, frozenset(
        [  # made millions of times, and a generator takes twice as long
            (key, bound(value) if key in BOUNDS else value) for key, value in labels if value and key not in without
        ]
    )


def notation(key: SeriesKey) -> str:
    """A series in exposition notation, labels sorted."""
    name, labels = key
    inner = ",".join(f'{label}="{value}"' for label, value in sorted(labels))
    return f"{name}{{{inner}}}" if inner else name


@lru_cache(maxsize=1024)
def bound(value: str) -> str:
    """The value of `le` or `quantile` as Prometheus 3 stores it."""
    try:
        number = float(value)
    except ValueError:
        return value
    return "+Inf" if number == math.inf else repr(number)
