"""The exposition parser: one pass over the lines, for both formats.

Nearly all lines of nearly all expositions are `name{label="value",…} number` with one space; those are read here with
nothing but string splitting and look-ups of names, pairs and numbers seen before. Every other line goes to `scan` or
`metadata`, so that precise diagnosis costs the fast path nothing.
"""

import gc
import re
from collections.abc import Iterator
from sys import intern

from stack.records.exposition.checks import check_all
from stack.records.exposition.family import Families, FamilyDraft
from stack.records.exposition.faults import Faults
from stack.records.exposition.grammar import SAMPLE, Numbers, Pairs, Timestamps
from stack.records.exposition.metadata import read_hash_line
from stack.records.exposition.model import Exemplar, Format, Labels, Sample
from stack.records.exposition.scan import scan

_CHUNK = 1 << 20
_JOINED_LINES = 10
_TAKEN = "\n"
"""In place of a line that was read with the one before it; no line of a text is like this."""
_OPEN_QUOTE = re.compile(r'(?:[^"\\]|\\.)*+(?:"(?:[^"\\]|\\.)*+"(?:[^"\\]|\\.)*+)*+"(?:[^"\\]|\\.)*+')
"""A line with an odd number of quotes."""
_SEPARATOR = re.compile(r'",[ \t]*+')


def parse_lines(text: str, fmt: Format, faults: Faults) -> tuple[FamilyDraft, ...]:
    """Read all lines of `text` and return its metric families; what is wrong goes to `faults`.

    Linear in the text. The garbage collector is paused: nothing read here is ever part of a cycle, and walking a
    million fresh tuples again and again would cost more than reading them.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        reader = Reader(fmt, faults)
        reader.read(text)
        check_all(reader.families.by_name, fmt, faults)
        return tuple(reader.families.by_name.values())
    finally:
        if collecting:
            gc.enable()


class Reader:
    """The state of one pass: the families so far, and the tokens seen before."""

    def __init__(self, fmt: Format, faults: Faults) -> None:
        self.format = fmt
        self.faults = faults
        self.families = Families(fmt, faults)
        self.numbers = Numbers()
        self.timestamps = Timestamps(fmt)
        self.chunk: tuple[list[str], int] = [], 1
        """The lines being read, and the number of the first of them."""
        self.pairs = Pairs(reserved="_" if fmt is Format.OPENMETRICS else "__name__")

    def read(self, text: str) -> None:
        """Read every line; the loop is the parser's hot spot."""
        families, pair, numbers, new = self.families, self.pairs.__getitem__, self.numbers, tuple.__new__
        owners, current = families.owners, families.current
        # No name is None: a line without a name must not pass for one more sample of the name before it.
        last: str | None = None
        append, at = list[Sample]().append, 0
        for lines in _chunks(text):
            self.chunk = lines, at + 1
            for at, line in enumerate(lines, at + 1):  # noqa: B020  # counting goes on from chunk to chunk
                head, _, tail = line.rpartition(" ")
                try:
                    if head[-2:] == '"}':
                        name, _, inner = head.partition("{")
                        labels = tuple(map(pair, inner[:-2].split('",')))
                    else:
                        name, labels = head, ()
                    if name != last or current is not families.current:
                        current = owners[name]
                        families.switch(current, at)
                        last, append = intern(name), current.append
                    value = numbers[tail]
                except KeyError:  # not in plain form, or the first of its name
                    self.other(line, at)
                    last = None
                    continue
                append(new(Sample, (last, labels, value, None, at, None)))

    def other(self, line: str, at: int) -> None:
        """Read a line the loop could not: metadata, comment, blank, a new name, an unusual or a broken sample."""
        if line == _TAKEN:
            return
        if line.endswith("\r"):
            self.faults.report("carriage_return", at)
            line = line.rstrip("\r")
        bare = line if self.format is Format.OPENMETRICS else line.strip(" \t")
        if bare.startswith("#"):
            read_hash_line(self.families, line if line[0] == "#" else line.lstrip(" \t"), at)
        elif not bare:
            if self.format is Format.OPENMETRICS:
                self.faults.report("blank_line", at)
        else:
            sample = self.plain(line, at) or self.joined(line, at) or scan(line, at, self.format, self.faults)
            if sample is not None:
                self.families.add(sample)

    def plain(self, line: str, at: int) -> Sample | None:
        """Read a well-formed sample with what the loop does not know: a new name, a timestamp, an exemplar."""
        found = SAMPLE.fullmatch(line)
        if found is None:
            return None
        name, inner, value, stamp, ex_inner, ex_value, ex_stamp = found.groups()
        if ex_inner is not None and self.format is Format.TEXT:
            return None
        try:
            exemplar = None
            if ex_inner is not None:
                stamped = self.timestamps[ex_stamp] if ex_stamp else None
                exemplar = Exemplar(self.labels(ex_inner), self.numbers[ex_value], stamped)
            timestamp = self.timestamps[stamp] if stamp else None
            return Sample(intern(name), self.labels(inner), self.numbers[value], timestamp, at, exemplar)
        except KeyError:
            return None

    def joined(self, line: str, at: int) -> Sample | None:
        """Read a sample that a line feed in a label value cuts into several lines; those after the first are emptied.

        None where the line is none such: only lines up to the next one with a quote can belong to it.
        """
        if "{" not in line or not _OPEN_QUOTE.fullmatch(line):
            return None
        lines, first = self.chunk
        for following in range(at + 1, min(at + _JOINED_LINES, first + len(lines))):
            line = f"{line}\n{lines[following - first]}"
            if '"' in lines[following - first]:
                break
        else:
            return None
        trial = Faults()
        sample = scan(line, at, self.format, trial)
        if sample is None or trial.counts.keys() != {"bad_escape"}:
            return None
        for taken in range(at + 1, following + 1):
            lines[taken - first] = _TAKEN
        return scan(line, at, self.format, self.faults)

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


def _chunks(text: str) -> Iterator[list[str]]:
    """The lines of `text` in lists of about a megabyte, so that they never all exist twice."""
    start, size = 0, len(text)
    while start < size:
        end = text.find("\n", start + _CHUNK) if start + _CHUNK < size else -1
        if end < 0:
            end = size - 1 if text.endswith("\n") else size
        yield text[start:end].split("\n")
        start = end + 1
