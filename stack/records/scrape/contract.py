"""What a service declares to expose and what it exposes, as a frozen record.

The text form is the contract in YAML, a line `---` and an exposition; a line `--- 15 s later` and a second exposition
may follow (see `pair`):

    required:
      - {name: http_requests_total, type: counter, labels: [method, code]}
    moves:
      - {name: http_requests_total, labels: {method: GET}, by: 3}
    ---
    # TYPE http_requests_total counter
"""

from dataclasses import dataclass
from typing import Self

from stack.records.exposition.exposition import Exposition, MetricFamily
from stack.records.scrape.pair import SEPARATOR, ScrapePair
from stack.text.plain_yaml import plain_yaml
from stack.text.typed import structure


@dataclass(frozen=True, slots=True)
class RequiredMetric:
    """A metric that the service must expose: name as exposed in the text format, type, unit, label names.

    `where` is `file:line` of the declaration, empty where it is not known.
    """

    name: str
    type: str | None = None
    unit: str | None = None
    labels: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True)
class ExpectedMove:
    """A counter that the provoked requests increase: all its series with `labels`, together, by exactly `by`."""

    name: str
    labels: tuple[tuple[str, str], ...]
    by: int


@dataclass(frozen=True, slots=True)
class Contract:
    """The declared part: required metrics, which counters count the provoked requests, and how many kinds of these."""

    required: tuple[RequiredMetric, ...] = ()
    moves: tuple[ExpectedMove, ...] = ()
    request_kinds: int = 0


@dataclass(frozen=True, slots=True)
class MetricContract:
    """The contract, the exposition after the provoked traffic, and the one before it where there is one."""

    contract: Contract
    exposition: Exposition
    before: Exposition | None = None

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing that a rule could pass on."""
        return self.exposition.nothing_to_judge

    def family(self, name: str) -> MetricFamily | None:
        """The family of a name of the text format, whichever format was exposed."""
        return find_family(self.exposition, name)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form (see the module); raises ValueError where it is malformed."""
        head, separator, body = text.partition("---\n")
        if not separator:
            raise ValueError("the contract ends with a line `---`")
        data = plain_yaml(head) or {}
        moves = [{**move, "labels": sorted((move.get("labels") or {}).items())} for move in data.get("moves", ())]
        contract = structure({**data, "moves": moves}, Contract)
        if SEPARATOR.search(body):
            pair = ScrapePair.parse(body)
            return cls(contract, pair.after, pair.before)
        return cls(contract, Exposition.parse(body))


def find_family(exposition: Exposition, name: str) -> MetricFamily | None:
    """The family that queries call `name`; else one whose samples are called so although its metadata is not."""
    for family in exposition.families:
        if name in (family.name, family.exposed_name):
            return family
    return next((family for family in exposition.families if any(name == s.name for s in family.samples[:1])), None)


def total(exposition: Exposition, move: ExpectedMove) -> float | None:
    """The sum over the series of a counter that carry the given labels; None where the counter is not exposed."""
    family = find_family(exposition, move.name)
    if family is None:
        return None
    wanted = set(move.labels)
    counted = {move.name, family.name + "_total"}
    return sum(s.value for s in family.samples if s.name in counted and wanted <= set(s.labels))
