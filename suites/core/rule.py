"""What a rule is: a pure function from one record to findings, with its level, source and examples.

A rule is one file, `suites/<area>/rules/<name>.py`; its id is its path (`metrics/counter-total-suffix`), the
annotation of its argument says which record it judges, and that record's `parse` reads its examples.
"""

import inspect
import typing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, Self

from stack.records.exposition.exposition import Exposition, MetricFamily
from suites.core.finding import Finding


class Level(StrEnum):
    """How binding a rule is: a broken MUST fails the gate, a broken SHOULD warns (RFC 2119)."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Record(Protocol):
    """What a rule judges: a frozen record that can be read from text."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the record from its text form, as used in rule examples."""
        ...


@dataclass(frozen=True, slots=True)
class Good:
    """An example that a rule accepts."""

    text: str


@dataclass(frozen=True, slots=True)
class Bad:
    """An example that a rule rejects, with exactly these messages in this order."""

    text: str
    messages: tuple[str, ...]

    def __init__(self, text: str, *messages: str) -> None:
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "messages", messages)


class NotApplicable(Exception):  # noqa: N818  # it is an answer, not an error
    """Raised by a rule, before any finding, when its record has nothing the rule speaks about."""


class NotCollected(Exception):  # noqa: N818  # it is an answer, not an error
    """Raised by a rule when its record says why a part of the evidence is missing: then the rest alone cannot pass.

    Findings that the rule yielded before stay.
    """


@dataclass(frozen=True, slots=True)
class Unjudged:
    """An example on which a rule gives no verdict, and what it raises to say so."""

    text: str
    raised: NotApplicable | NotCollected


Check = Callable[[Any], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: identity, binding force, source and the pure function that judges.

    `title` is the first sentence of the file's docstring, `why` is the rest of it. `only` is true for each record that
    `check` has to see; to the others the rule does not apply, for the reason in `otherwise`, or they pass where that is
    empty. Thousands of records without a finding, such as metric families, are then judged in no time. `root_cause`: a
    subject that breaks the rule is down, so that what else there is to say about it, or to learn from it, is missing.
    `convention`: sound sites do it in other ways, so that it is only a SHOULD where the stack is not ours.
    """

    id: str
    title: str
    why: str
    level: Level
    source: str
    record: type[Record]
    good: tuple[Good, ...]
    bad: tuple[Bad, ...]
    check: Check
    only: Callable[[Any], object] | None = None
    otherwise: str = ""
    root_cause: bool = False
    convention: bool = False
    unjudged: tuple[Unjudged, ...] = ()

    @property
    def area(self) -> str:
        """The suite the rule belongs to: the folder above `rules/`."""
        return self.id.partition("/")[0]

    @property
    def up_to_authors(self) -> bool:
        """Whether it is good practice of naming and shaping metrics: only the authors of a program can follow it."""
        return self.level is Level.SHOULD and issubclass(self.record, MetricFamily | Exposition)

    def judge(self, record: Record) -> Iterator[Finding]:
        """Yield what is wrong with `record`; raises `NotApplicable` where the rule has nothing to say.

        A record may have `nothing_to_judge`, which says why it is empty, or is empty itself: emptiness may break a
        rule, but it proves nothing, so no rule passes on it.
        """
        if self.only is not None and not self.only(record):
            if self.otherwise:
                raise NotApplicable(self.otherwise)
            return
        broken = False
        for finding in self.check(record):
            broken = True
            yield finding
        if not broken:
            passes(self.record, record)


def passes(kind: type[Record], record: Record) -> None:
    """Let a record pass in which nothing is wrong; raises `NotApplicable` for one that has nothing to judge.

    `kind` is what the rule judges, which may be wider than the record's own type: there is more to say of any
    exposition than of its format.
    """
    empty: property | None = getattr(kind, "nothing_to_judge", None)
    if empty is not None and (why := empty.__get__(record)):
        raise NotApplicable(why)


class BadRuleError(Exception):
    """A rule file that cannot be used; the text names the file and what it lacks."""


def rule(
    *examples: Good | Bad | Unjudged,
    level: Level,
    source: str,
    only: Callable[[Any], object] | None = None,
    otherwise: str = "",
    root_cause: bool = False,
    convention: bool = False,
) -> Callable[[Check], Rule]:
    """Turn the `check` function of a rule file into a `Rule`.

    The id, title and reason come from the module that holds the function. `source` is the address of the
    specification section or documentation page that the rule enforces; `Rule` explains the others.
    """

    def decorate(check: Check) -> Rule:
        module = inspect.getmodule(check)
        if module is None or module.__file__ is None:
            raise BadRuleError(f"{check!r} is not in a rule file")
        parts = module.__name__.split(".")
        title, _, why = inspect.cleandoc(module.__doc__ or "").partition("\n")
        hints = [hint for name, hint in typing.get_type_hints(check).items() if name != "return"]
        if len(hints) != 1:
            raise BadRuleError(f"{module.__file__}: `check` takes one annotated argument, the record it judges")
        if not title:
            raise BadRuleError(f"{module.__file__}: the docstring's first line is the rule's title")
        return Rule(
            id=f"{parts[-3]}/{parts[-1].replace('_', '-')}",
            title=title.strip(),
            why=why.strip(),
            level=level,
            source=source,
            record=hints[0],
            good=tuple(example for example in examples if isinstance(example, Good)),
            bad=tuple(example for example in examples if isinstance(example, Bad)),
            unjudged=tuple(example for example in examples if isinstance(example, Unjudged)),
            check=check,
            only=only,
            otherwise=otherwise,
            root_cause=root_cause,
            convention=convention,
        )

    return decorate
