"""The exposition parser: one pass over the lines, for both formats.

Nearly all lines of nearly all expositions are `name{label="value",…} number` with one space; those are read here with
nothing but string splitting and look-ups of names, pairs and numbers seen before. Every other line goes to
`exposition_scan` or `exposition_metadata`, so speed and precise diagnosis do not meet.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from sys import intern

from stack.records.exposition.checks import check_all
from stack.records.exposition.family import FamilyDraft
from stack.records.exposition.faults import Violations
from stack.records.exposition.grammar import SAMPLE, Numbers, Pairs
from stack.records.exposition.metadata import read_hash_line
from stack.records.exposition.model import Exemplar, Format, Labels, MetricFamily, Sample
from stack.records.exposition.scan import scan
from stack.records.exposition.values import Stamps

_CHUNK = 1 << 20
_SEPARATOR = re.compile(r'",[ \t]*+')


def parse_lines(text: str, fmt: Format, violations: Violations) -> tuple[MetricFamily, ...]:
    """Read all lines of `text` and return its metric families; what is wrong goes to `violations`.

    Linear in the text. The garbage collector rests meanwhile: nothing read here is ever part of a cycle, and
    walking a million fresh tuples again and again would cost more than reading them.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        reader = Reader(fmt, violations)
        reader.read(text)
        check_all(reader.families, fmt, violations)
        return tuple(draft.finished() for draft in reader.families.values())
    finally:
        if collecting:
            gc.enable()


class Reader:
    """The state of one pass: the families so far, who owns which sample name, and the family now open."""

    def __init__(self, fmt: Format, violations: Violations) -> None:
        self.format = fmt
        self.violations = violations
        self.families: dict[str, FamilyDraft] = {}
        self.owners: dict[str, FamilyDraft] = {}
        self.current: FamilyDraft | None = None
        self.numbers = Numbers()
        self.stamps = Stamps(openmetrics=fmt is Format.OPENMETRICS)
        self.pairs = Pairs(reserved="_" if fmt is Format.OPENMETRICS else "__name__")

    def read(self, text: str) -> None:
        """Read every line; the loop is the parser's hot spot."""
        owners, pair, numbers, new = self.owners, self.pairs.__getitem__, self.numbers, tuple.__new__
        current: FamilyDraft | None = None
        last, append, at = "", list[Sample]().append, 0
        for lines in _chunks(text):
            for at, line in enumerate(lines, at + 1):  # noqa: B020  # counting goes on from chunk to chunk
                head, _, tail = line.rpartition(" ")
                try:
                    if head[-2:] == '"}':
                        name, _, inner = head.partition("{")
                        labels = tuple(map(pair, inner[:-2].split('",')))
                    else:
                        name, labels = head, ()
                    if name != last or current is not self.current:
                        current = owners[name]
                        if current is not self.current:
                            self.switch(current, at)
                        last, append = intern(name), current.append
                    value = numbers[tail]
                except KeyError:  # not in plain form, or the first of its name
                    self.other(line, at)
                    last = ""
                    continue
                append(new(Sample, (last, labels, value, None, at, None)))

    def other(self, line: str, at: int) -> None:
        """Read a line the loop could not: metadata, comment, blank, a new name, a sample in full dress or broken."""
        if line.endswith("\r"):
            self.violations.report("line-feeds-only", at)
            line = line.rstrip("\r")
        bare = line if self.format is Format.OPENMETRICS else line.strip(" \t")
        if bare.startswith("#"):
            read_hash_line(self, bare, at)
        elif not bare:
            if self.format is Format.OPENMETRICS:
                self.violations.report("openmetrics-no-blank-lines", at)
        elif not self.plain(line, at):
            self.odd(line, at)

    def plain(self, line: str, at: int) -> bool:
        """Read a well-formed sample with what the loop does not know: a new name, a timestamp, an exemplar."""
        found = SAMPLE.fullmatch(line)
        if found is None:
            return False
        name, inner, value, stamp, ex_inner, ex_value, ex_stamp = found.groups()
        if ex_inner is not None and self.format is Format.TEXT:
            return False
        try:
            exemplar = None
            if ex_inner is not None:
                stamped = self.stamps[ex_stamp] if ex_stamp else None
                exemplar = Exemplar(self.labels(ex_inner), self.numbers[ex_value], stamped)
            timestamp = self.stamps[stamp] if stamp else None
            sample = Sample(intern(name), self.labels(inner), self.numbers[value], timestamp, at, exemplar)
        except KeyError:
            return False
        self.add(sample)
        return True

    def labels(self, inner: str | None) -> Labels:
        """The pairs between the braces; raises KeyError where they need a closer look."""
        if not inner:
            return ()
        lenient = self.format is Format.TEXT
        if lenient and inner.endswith('",'):
            inner = inner[:-1]
        if inner[-1] != '"':
            raise KeyError(inner)
        pieces = _SEPARATOR.split(inner[:-1]) if lenient else inner[:-1].split('",')
        return tuple([self.pairs[each] for each in pieces])

    def odd(self, line: str, at: int) -> None:
        """Read a sample token by token, and tell what is wrong with it."""
        scanned, problems = scan(line, openmetrics=self.format is Format.OPENMETRICS)
        for problem in problems:
            self.violations.report(problem.code, at, *problem.what, detail=problem.detail, excerpt=line)
        if scanned is not None:
            self.add(
                Sample(intern(scanned.name), scanned.labels, scanned.value, scanned.timestamp, at, scanned.exemplar)
            )

    def add(self, sample: Sample) -> None:
        """Put a sample into the family that owns its name, or that it founds."""
        draft = self.owners.get(sample.name) or self.adopting(sample.name) or self.founded(sample)
        if draft is not self.current:
            self.switch(draft, sample.line)
        draft.append(sample)
        if sample.timestamp is not None:
            draft.timestamped = True
        if sample.exemplar is not None:
            draft.exemplars.append(sample)

    def adopting(self, name: str) -> FamilyDraft | None:
        """The family whose metadata was just read, where a sample of this name is meant by it though it does not fit.

        A HELP line of the sample's own name, which stood before, is taken along.
        """
        draft = self.current
        helped = self.families.get(name)
        if draft is None or draft is helped or not draft.awaits(name):
            return None
        if helped is not None:
            draft.help, draft.lines = draft.help or helped.help, {**helped.lines, **draft.lines}
            draft.lines["first"] = min(draft.lines.values())
            del self.families[name]
        draft.foreign.add(name)
        self.owners[name] = draft
        return draft

    def founded(self, sample: Sample) -> FamilyDraft:
        """The family that the sample is the first of; it may have a HELP line already."""
        draft = self.families.get(sample.name) or self.found(sample.name, sample.line)
        self.owners[sample.name] = draft
        return draft

    def found(self, name: str, at: int) -> FamilyDraft:
        """A new family named by its first line; which samples are its own, a TYPE line or the first of them says."""
        draft = self.families[name] = FamilyDraft(name, at, self.format)
        return draft

    def switch(self, draft: FamilyDraft, at: int) -> None:
        """Turn to another family's lines; the one that was open is complete."""
        if draft is self.current:
            return
        if self.current is not None:
            self.current.open = False
        if not draft.open:
            between = self.current.name if self.current is not None else ""
            self.violations.report("families-contiguous", at, draft.name, detail=(between,))
            draft.open = True
        self.current = draft


def _chunks(text: str) -> Iterator[list[str]]:
    """The lines of `text` in lists of about a megabyte, so that they never all exist twice."""
    start, size = 0, len(text)
    while start < size:
        end = text.find("\n", start + _CHUNK) if start + _CHUNK < size else -1
        if end < 0:
            end = size - 1 if text.endswith("\n") else size
        yield text[start:end].split("\n")
        start = end + 1
