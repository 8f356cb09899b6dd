"""Metric families while their lines are read: which family a line belongs to, and which one is open."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple, cast

from stack.records.exposition.faults import Faults
from stack.records.exposition.grammar import NAME
from stack.records.exposition.model import Format, Sample

TYPES = {
    Format.TEXT: {"counter", "gauge", "histogram", "summary", "untyped"},
    Format.OPENMETRICS: {
        "counter", "gauge", "histogram", "gaugehistogram", "stateset", "info", "summary", "unknown",
    },
}  # fmt: skip  # one line per format reads best
"""The types each format knows."""

SUFFIXES = {
    Format.TEXT: {"histogram": ("_bucket", "_sum", "_count"), "summary": ("_sum", "_count")},
    Format.OPENMETRICS: {
        "counter": ("_total", "_created"),
        "histogram": ("_bucket", "_count", "_sum", "_created"),
        "gaugehistogram": ("_bucket", "_gcount", "_gsum"),
        "summary": ("_count", "_sum", "_created"),
        "info": ("_info",),
    },
}
"""The suffixes a type's sample names carry; a sample of a type not listed is named as its family."""

OWNED = {
    fmt: {
        text: ("unknown" if text == "untyped" else text, tuple(dict.fromkeys(("", *SUFFIXES[fmt].get(text, ())))))
        for text in TYPES[fmt]
    }
    for fmt in Format
}
"""For each type as written its name, and the suffixes of all names that a family of this type owns."""

ALIKE, COMPARED = 0.8, 200
"""How alike two names are of which one is the other misspelt, and the longest that are compared."""

WORD = 3
"""How many letters of a word two names must have in common, beside the one that was mistyped."""

ALL_SUFFIXES = ("_total", "_created", "_count", "_sum", "_bucket", "_gcount", "_gsum", "_info")


class Lone(NamedTuple):
    """An ordinary family of the text format with one sample, read at once; the fields are those of `MetricFamily`.

    Where another line belongs to it, it becomes a draft, see `Families.reopened`.
    """

    name: str
    type: str
    help: str
    unit: None
    samples: tuple[Sample]
    format: Format
    line: int
    type_line: int
    help_line: int
    exposed_name: str


class FamilyDraft:
    """A metric family while its lines are read; `open` until another family's line comes."""

    # There may be as many families as samples: what most of them never set costs nothing here.
    type = "unknown"
    type_text: str | None = None
    help: str | None = None
    unit: str | None = None
    open = True
    again = 0  # the line in which a second family of its name begins
    again_by = ""  # the keyword in that line
    second_type: str | None = None
    timestamped = False
    interrupted: tuple[tuple[int, str], ...] = ()  # the lines in which it goes on, and what came between
    early: tuple[FamilyDraft, ...] = ()  # whose samples came before this family's TYPE line
    foreign: frozenset[str] = frozenset()  # names of samples that follow the metadata but do not fit the type
    exemplars: list[Sample] | None = None  # the samples that have one

    def __init__(self, name: str, line: int, fmt: Format) -> None:
        self.name = name
        self.format = fmt
        self.lines = {"first": line}
        self.samples: list[Sample] = []

    def sample_names(self) -> list[str]:
        """The names its samples may have, by its type."""
        suffixes = SUFFIXES[self.format].get(self.type, ("",))
        names = [self.name + suffix for suffix in suffixes]
        if self.format is Format.OPENMETRICS and self.type == "counter" and self.name.endswith("_total"):
            names.append(self.name.removesuffix("_total") + "_created")  # the TYPE line is wrong, the samples are right
        return [self.name, *names] if self.type == "summary" else names

    def awaits(self, name: str) -> bool:
        """Whether a sample of a name not known yet is meant by this metadata, whose own samples did not come."""
        if self.type == "gaugehistogram" and name in {f"{self.name}_count", f"{self.name}_sum"}:
            return True
        if self.samples and self.samples[-1].name not in self.foreign:
            return False
        if self.format is Format.OPENMETRICS and self.type_text is None:
            return False  # a family of unknown type has samples of its own name only
        return name.startswith(self.name) and name[len(self.name) :] in ALL_SUFFIXES

    def parts(self) -> Iterator[FamilyDraft]:
        """The family as it is checked: its own samples, then the foreign ones, of whose type nothing is known."""
        if not self.foreign:
            yield self
            return
        for foreign in (False, True):
            part = copy.copy(self)
            part.samples = [sample for sample in self.samples if (sample.name in self.foreign) is foreign]
            with_exemplar = () if foreign else self.exemplars or ()
            part.exemplars = [each for each in with_exemplar if each.name not in self.foreign]
            part.type = "unknown" if foreign else self.type
            yield part


class Families:
    """The families of one exposition so far: by name, by the sample names that they own, and the one now open."""

    def __init__(self, fmt: Format, faults: Faults) -> None:
        self.format = fmt
        self.faults = faults
        self.by_name: dict[str, FamilyDraft | Lone] = {}
        self.owners: dict[str, FamilyDraft] = {}
        self.current: FamilyDraft | None = None
        self.lone = ""
        """The name of the family now open where that is a lone one; `current` is None then."""
        self.nameless_help = 0
        """The last HELP line that names no metric: that of the family which begins in the next line."""

    def add(self, sample: Sample) -> None:
        """Put a sample into the family that owns its name, or that begins with it."""
        draft = self.owner(sample.name) or self._adopting(sample.name) or self._begun_by(sample)
        self.switch(draft, sample.line)
        draft.samples.append(sample)
        if sample.timestamp is not None:
            draft.timestamped = True
        if sample.exemplar is not None:
            draft.exemplars = draft.exemplars or []
            draft.exemplars.append(sample)

    def named(self, name: str) -> FamilyDraft | None:
        """The family of this name, as a draft that further lines may go to."""
        found = self.by_name.get(name)
        return self.reopened(found) if type(found) is Lone else cast("FamilyDraft | None", found)

    def owner(self, name: str) -> FamilyDraft | None:
        """The family that owns samples of this name, as a draft."""
        if type(found := self.by_name.get(name)) is Lone:
            return self.reopened(found)
        return self.owners.get(name)

    def put_lone(self, lone: Lone) -> None:
        """Add a new family of one sample, which is now the open one."""
        if self.current is not None:
            self.current.open = False
            self.current = None
        name = self.lone = lone[0]
        self.by_name[name] = lone  # and not in `owners`: there may be very many

    def reopened(self, lone: Lone) -> FamilyDraft:
        """The draft that takes the place of a family of one sample."""
        name, kind, text, _, samples, fmt, line, *_ = lone
        draft = FamilyDraft(name, line, fmt)
        draft.type, draft.help, draft.samples = kind, text, list(samples)
        draft.type_text = "untyped" if kind == "unknown" else kind
        draft.lines |= {"HELP": line, "TYPE": line + 1}
        self.by_name[name] = self.owners[name] = draft
        draft.open = name == self.lone
        if draft.open:
            self.current, self.lone = draft, ""
        return draft

    def begin(self, name: str, at: int) -> FamilyDraft:
        """A new family named by its first line, now the current one; TYPE line or first sample decide what it owns."""
        self.lone = ""
        if self.current is not None:
            self.current.open = False
        draft = self.by_name[name] = self.current = FamilyDraft(name, at, self.format)
        if self.nameless_help == at - 1 > 0:
            draft.lines["HELP"] = self.nameless_help
        return draft

    def switch(self, draft: FamilyDraft, at: int) -> None:
        """Turn to another family's lines; the one that was open is complete."""
        if draft is self.current:
            return
        if self.current is not None:
            self.current.open = False
        if not draft.open and not self._nameless_help(draft) and not self._misspelt_type(draft):
            between = self.current.name if self.current is not None else self.lone
            draft.interrupted += ((at, between),)
            draft.open = True
        self.current, self.lone = draft, ""

    def _nameless_help(self, draft: FamilyDraft) -> bool:
        """Whether what came between the metadata and the samples of `draft` is only its HELP line without the name."""
        between = self.current
        if between is None or draft.samples or draft.help is not None or between.lines.keys() != {"first", "HELP"}:
            return False
        if between.samples or between.help is None:
            return False
        what = f"HELP line of `{draft.name}` leaves out the name, so it is read as that of `{between.name}`"
        self.faults.report("malformed_metadata", between.lines["HELP"], what)
        draft.help, draft.open = f"{between.name} {between.help}", True
        del self.by_name[between.name]
        return True

    def _misspelt_type(self, draft: FamilyDraft) -> bool:
        """Whether between the HELP line and the samples of `draft` came only its TYPE line, with a misspelt name."""
        between = self.current
        if between is None or between.samples or between.lines.keys() != {"first", "TYPE"}:
            return False
        if draft.samples or "TYPE" in draft.lines or max(len(between.name), len(draft.name)) > COMPARED:
            return False
        if SequenceMatcher(None, between.name, draft.name).ratio() < ALIKE:
            return False
        line = between.lines["TYPE"]
        if NAME.fullmatch(between.name):  # else it is reported as no name
            self.faults.report("malformed_metadata", line, f"TYPE line of `{draft.name}` has the name `{between.name}`")
        draft.type, draft.type_text, draft.open = between.type, between.type_text, True
        draft.lines["TYPE"] = line
        self._disown(between)
        self.owners |= dict.fromkeys(draft.sample_names(), draft)
        return True

    def _begun_by(self, sample: Sample) -> FamilyDraft:
        """The family that the sample is the first of; it may have a HELP line already."""
        draft = self.named(sample.name) or self._misspelt(sample) or self.begin(sample.name, sample.line)
        self.owners[sample.name] = draft
        return draft

    def _misspelt(self, sample: Sample) -> FamilyDraft | None:
        """The family whose metadata ends in the line before, where its name is that of the sample's, misspelt."""
        draft = self.current
        if draft is None or draft.samples or draft.type_text is None or max(draft.lines.values()) != sample.line - 1:
            return None
        if len(sample.name) > COMPARED or not NAME.fullmatch(draft.name):
            return None
        suffixes = SUFFIXES[self.format].get(draft.type, ("",))
        end = next((end for end in sorted(suffixes, key=len, reverse=True) if sample.name.endswith(end)), None)
        right = sample.name.removesuffix(end or "")
        if end is None or right in self.by_name or not _one_slip(right, draft.name):
            return None
        keywords = sorted(keyword for keyword in draft.lines if keyword != "first")
        have = "have" if len(keywords) > 1 else "has"
        what = f"{' and a '.join(keywords)} line of `{right}` {have} the name `{draft.name}`"
        self.faults.report("malformed_metadata", draft.lines["TYPE"], what)
        self._disown(draft)
        draft.name, self.by_name[right] = right, draft
        self.owners |= dict.fromkeys(draft.sample_names(), draft)
        return draft

    def _disown(self, draft: FamilyDraft) -> None:
        """Take a family without samples out, with the names that it owns."""
        del self.by_name[draft.name]
        for name in {draft.name, *draft.sample_names()}:
            if self.owners.get(name) is draft:
                del self.owners[name]

    def _adopting(self, name: str) -> FamilyDraft | None:
        """The family whose metadata was just read, where a sample of this name is meant by it though it does not fit.

        A HELP line of the sample's own name, which came before, is taken along.
        """
        draft = self.current
        helped = self.named(name)
        if draft is None or draft is helped or not draft.awaits(name):
            return None
        if helped is not None:
            draft.help, draft.lines = draft.help or helped.help, {**helped.lines, **draft.lines}
            draft.lines["first"] = min(draft.lines.values())
            del self.by_name[name]
        draft.foreign |= {name}
        self.owners[name] = draft
        return draft


def _one_slip(one: str, other: str) -> bool:
    """Whether two names differ by one letter that is missing, too many or another, or by two that are swapped.

    In a short word that is another word: `read_a`, `read_b`.
    """
    start = _common(one, other)
    end = _common(one[start:][::-1], other[start:][::-1])
    left, right = one[start : len(one) - end], other[start : len(other) - end]
    before, after = one[:start].rpartition("_")[2], one[len(one) - end :].partition("_")[0]
    if len(before) + len(after) < WORD or (left + right).isdigit():  # `cache1` and `cache2` are two things
        return False
    return max(len(left), len(right)) == 1 or (len(left) == 2 and left == right[::-1])


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), min(len(one), len(other))
    )
