"""A scrape and the budget of its service, as a frozen record.

The text form is the budget in YAML (`series`, `body_bytes`, `scrape_seconds`, `label_values`, and what was measured
as `took_seconds`), a line `---`, and the exposition.
"""

from dataclasses import dataclass
from typing import Self

from stack.records.exposition.exposition import Exposition
from stack.text.plain_yaml import plain_yaml
from stack.text.typed import structure


@dataclass(frozen=True, slots=True)
class Budget:
    """What a service may cost per scrape; None means that no limit was declared.

    `series` counts sample lines, `body_bytes` the uncompressed body, `label_values` the distinct values of one label
    within one metric family.
    """

    series: int | None = None
    body_bytes: int | None = None
    scrape_seconds: float | None = None
    label_values: int | None = None


USUAL = Budget(series=10_000, body_bytes=10 * 1024 * 1024, scrape_seconds=1.0, label_values=1_000)
"""Without a budget: more than most services need, less than does harm."""


@dataclass(frozen=True, slots=True)
class BudgetedScrape:
    """An exposition, how long it took to get (seconds) and what it may cost."""

    exposition: Exposition
    took_seconds: float
    budget: Budget

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing that a rule could pass on."""
        return self.exposition.nothing_to_judge

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form (see the module); raises ValueError for unknown or missing parts."""
        head, separator, body = text.partition("---\n")
        if not separator:
            raise ValueError("the budget ends with a line `---`")
        limits = plain_yaml(head) or {}
        took = float(limits.pop("took_seconds", 0.0))
        return cls(Exposition.parse(body), took, structure(limits, Budget))
