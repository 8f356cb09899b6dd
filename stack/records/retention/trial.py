"""A retention trial: data of several ages in a temporary server, and what is left of it afterwards."""

from dataclasses import dataclass
from typing import ClassVar, Self

from stack.text.durations import DAY, SEVEN_DAYS, seconds
from stack.text.plain_yaml import plain_yaml
from stack.text.typed import structure


@dataclass(frozen=True, slots=True)
class AgeGroup:
    """The lines or samples of one age, before and after the server had time to delete.

    `age_s` in seconds. `written` were accepted and queryable before; of them `queryable` are so afterwards, and
    `identical` of those in every byte, with their own time and labels. `files_before` contained them in the store,
    `files_left` of those still do.
    """

    age_s: float
    written: int
    queryable: int
    identical: int
    files_before: int
    files_left: int

    @property
    def expired(self) -> bool:
        """Whether seven days are over for this data."""
        return self.age_s > SEVEN_DAYS

    @property
    def name(self) -> str:
        """The age in words: `9 days`, `7 days 1 hour`."""
        hours = round(self.age_s / 3600)
        parts = [(hours // 24, "day"), (hours % 24, "hour")]
        return " ".join(f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in parts if number) or "now"


@dataclass(frozen=True, slots=True)
class RetentionTrial:
    """One trial on one component (`loki` or `prometheus`).

    `things` are lines or samples, `files` chunk files or blocks. `retention` is what the running server reports
    (`off` where it deletes nothing). `overlay` are the flags by which it differed from the shipped
    configuration. `file` and `line` are where the retention is configured. `took_s` is the trial's duration.
    """

    judged_per: ClassVar[tuple[str, ...]] = ("component",)
    judged_components: ClassVar[tuple[str, ...]] = ("loki", "prometheus")

    component: str
    things: str
    files: str
    retention: str
    ages: tuple[AgeGroup, ...]
    file: str = ""
    line: int | None = None
    overlay: tuple[str, ...] = ()
    version: str | None = None
    took_s: float = 0.0

    @property
    def nothing_to_judge(self) -> str:
        """Why there is nothing that a rule could pass on."""
        return "" if any(group.written for group in self.ages) else f"no {self.things} were written"

    @property
    def old(self) -> tuple[AgeGroup, ...]:
        """What is older than seven days."""
        return tuple(group for group in self.ages if group.expired)

    @property
    def young(self) -> tuple[AgeGroup, ...]:
        """What is not older than seven days."""
        return tuple(group for group in self.ages if not group.expired)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the record from YAML; `ages` is a mapping of ages (`9d`, `167h`) to the counts of a group.

        Raises:
            ValueError: an age is no duration.

        """
        data = plain_yaml(text)
        ages = [{"age_s": _age(age), **counts} for age, counts in data["ages"].items()]
        return structure({**data, "ages": ages}, cls)


def _age(text: str) -> float:
    age = seconds(text)
    if age is None:
        raise ValueError(f"{text!r} is not an age; write 9d or 167h")
    return age


AGES_S = (9 * DAY, 8 * DAY, SEVEN_DAYS + 3600, SEVEN_DAYS - 3600, 6 * DAY, DAY)
"""The ages of a trial in seconds, oldest first: far from seven days on both sides, and one hour from it."""
