"""The exposition parser: one pass over the lines, for both formats.

Nearly all lines of nearly all expositions are `name{label="value",…} number` with one space; those are read here with
nothing but string splitting and look-ups of names, pairs and numbers seen before. Every other line goes to `scan` or
`metadata`, so that precise diagnosis costs the fast path nothing.
"""

import re
from collections.abc import Iterator
from itertools import count
from sys import intern

from stack.records.exposition.checks import check_all
from stack.records.exposition.family import OWNED, Families, FamilyDraft, Lone
from stack.records.exposition.faults import Faults
from stack.records.exposition.grammar import NAME, PLAIN, SAMPLE, LabelSets, Numbers, Pairs, Timestamps
from stack.records.exposition.metadata import read_hash_line
from stack.records.exposition.model import Exemplar, Format, Labels, Sample
from stack.records.exposition.scan import scan

_CHUNK = 1 << 20
_JOINED_LINES = 100
_TAKEN = "\n"
"""In place of a line that was read with the one before it; no line of a text is like this."""
_QUOTE = re.compile(r'\\.|(")', re.DOTALL)
_BEGINS_SAMPLE = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*+\{[a-zA-Z_]")
_SINGLE = re.compile(
    rf'# HELP ({NAME.pattern}) ([^\\"\n\r]++)\n# TYPE \1 ([a-z]++)\n\1(?:{{([^\n]*)"}})? '
    r"(?:([0-9]++(?:\.[0-9]++)?+)|([^ \n]++))\n"
)
"""A family's first three lines where they are its metadata and a sample, all that most families have.

The value is in one of two groups: in the first where it is digits with at most one point among them.
"""
_SEPARATOR = re.compile(r'",[ \t]*+')


def parse_lines(text: str, fmt: Format, faults: Faults, *, cut: bool = False) -> tuple[FamilyDraft | Lone, ...]:
    """Read all lines of `text` and return its metric families; what is wrong goes to `faults`.

    Of a text that was `cut` the last family is not complete, and not judged as if it were.

    Linear in the text.
    """
    reader = Reader(fmt, faults)
    reader.read(text)
    check_all(reader.families.by_name, fmt, faults, reader.families.current if cut else None)
    return tuple(reader.families.by_name.values())


class Reader:
    """The state of one pass: the families so far, and the tokens seen before."""

    def __init__(self, fmt: Format, faults: Faults) -> None:
        self.format = fmt
        self.faults = faults
        self.families = Families(fmt, faults)
        self.numbers = Numbers()
        self.timestamps = Timestamps(fmt)
        self.at = 0
        """The number of the last line that was read."""
        self.chunk: tuple[list[str], int] = [], 1
        """The lines being read, and the number of the first of them."""
        self.pairs = Pairs(reserved="_" if fmt is Format.OPENMETRICS else "__name__")
        self.label_sets = LabelSets(self.pairs)
        self.helped: FamilyDraft | None = None
        """The family whose HELP line was the last that could be read."""
        self.begun: FamilyDraft | None = None
        """The last family that began with a well-formed HELP or TYPE line."""
        self.owned = OWNED[fmt]
        self.plain_types = {text: kind for text, (kind, suffixes) in self.owned.items() if suffixes == ("",)}
        """The types, as they are written, whose families own samples of their own name only."""

    def read(self, text: str) -> None:
        """Read every line: families with one sample at once, all else line by line."""
        read = 0
        for found in _SINGLE.finditer(text):
            start = found.start()
            if start > read:
                if text[start - 1] != "\n":
                    continue
                self.read_lines(text[read:start])
            if not self.single(*found.groups()):
                self.read_lines(found[0])
            read = found.end()
        self.read_lines(text[read:])

    def single(self, name: str, text: str, type_text: str, inner: str | None, digits: str | None, other: str) -> bool:
        """Read a new family's HELP line, TYPE line and sample; False, and nothing done, where one is not plain."""
        families = self.families
        kind = self.plain_types.get(type_text)
        if kind is None or name in families.by_name or name in families.owners:
            return False
        try:
            labels = self.label_sets[inner]
            value = float(digits) if digits and len(digits) < PLAIN else self.numbers[digits or other]
        except KeyError:
            return False
        if kind == "counter" and not value >= 0:
            return False
        at, self.helped, new = self.at, None, tuple.__new__
        samples = (new(Sample, (name, labels, value, None, at + 3, None)),)
        lone = new(Lone, (name, kind, text, None, samples, self.format, at + 1, at + 2, at + 1, name))
        families.put_lone(lone)
        if self.format is Format.OPENMETRICS:  # where families are compared with each other
            families.reopened(lone)
        self.at = at + 3
        return True

    def read_lines(self, text: str) -> None:
        """Read one line after the other; the loop is the parser's hot spot."""
        families, pair, numbers, new = self.families, self.pairs.__getitem__, self.numbers, tuple.__new__
        timestamps = self.timestamps
        owners, current = families.owners, families.current
        # No name is None: a line without a name must not pass for one more sample of the name before it.
        last: str | None = None
        append, at = list[Sample]().append, self.at
        for lines in _chunks(text):
            self.chunk = lines, at + 1
            numbered = zip(count(at + 1), lines)
            for at, line in numbered:  # counting goes on from chunk to chunk
                if line[:2] == "# " and (read := self.described(line, at)):
                    if read > 1:
                        at, _ = next(numbered)  # the TYPE line
                    continue
                head, _, tail = line.rpartition(" ")
                labelled, timestamp = head[-2:] == '"}', None
                try:
                    if not labelled and " " in head:
                        timestamp = timestamps[tail]
                        head, _, tail = head.rpartition(" ")
                        labelled = head[-2:] == '"}'
                    if labelled:
                        name, _, inner = head.partition("{")
                        labels = tuple(map(pair, inner[:-2].split('",')))
                    else:
                        name, labels = head, ()
                    if name != last or current is not families.current:
                        current = owners[name]
                        families.switch(current, at)
                        last, append = intern(name), current.samples.append
                    value = numbers[tail]
                except KeyError:  # not in plain form, or the first of its name
                    self.other(line, at)
                    last = None
                    continue
                append(new(Sample, (last, labels, value, timestamp, at, None)))
                if timestamp is not None and current is not None:
                    current.timestamped = True
            self.at = at

    def described(self, line: str, at: int) -> int:
        """Read a well-formed HELP or TYPE line, the first of its family or the second; returns how many lines it read.

        That is none where the line is another one, and two where it is a HELP line with its TYPE line after it.
        """
        parts = line.split(" ", 3)
        if len(parts) < 4:
            return 0
        _, keyword, name, text = parts
        families = self.families
        draft = families.current
        if draft is None or draft is not self.begun or draft.name != name:
            if name in families.by_name or not NAME.fullmatch(name):
                return 0
            draft = None
        elif keyword in draft.lines or draft.samples:
            return 0
        if keyword == "TYPE":
            return self.typed(name, text, at, draft)
        bad = keyword != "HELP" or not text or text[-1] == "\r" or "\\" in text or '"' in text
        if bad or (draft and draft.help is not None):
            return 0
        lines, first = self.chunk
        following = lines[at + 1 - first] if draft is None and at + 1 - first < len(lines) else ""
        draft = self.begun = self.helped = draft or families.begin(name, at)
        draft.help, draft.lines["HELP"] = text, at
        before, _, kind = following.rpartition(" ")
        return 1 + (before == f"# TYPE {name}" and self.typed(name, kind, at + 1, draft))

    def typed(self, name: str, text: str, at: int, draft: FamilyDraft | None) -> bool:
        """Give a family, a new one without a `draft`, the type in its TYPE line if that is well-formed."""
        owners = self.families.owners
        if text not in self.owned:
            return False
        kind, suffixes = self.owned[text]
        names = [name + suffix for suffix in suffixes]
        total = kind == "counter" and self.format is Format.OPENMETRICS and name.endswith("_total")
        lone = any(type(self.families.by_name.get(each)) is Lone for each in names)
        if total or lone or not owners.keys().isdisjoint(names):
            return False
        draft = self.begun = draft or self.families.begin(name, at)
        self.helped = None
        draft.type, draft.type_text, draft.lines["TYPE"] = kind, text, at
        for each in names:
            owners[each] = draft
        return True

    def other(self, line: str, at: int) -> None:
        """Read a line the loop could not: metadata, comment, blank, a new name, an unusual or a broken sample."""
        if line == _TAKEN:
            return
        if line.endswith("\r"):
            if self.joined(line, at):
                return
            self.faults.report("carriage_return", at, "before")
            line = line.rstrip("\r")
        bare = line if self.format is Format.OPENMETRICS else line.strip(" \t")
        if bare.startswith("#"):
            read_hash_line(self.families, line if line[0] == "#" else line.lstrip(" \t"), at)
            current = self.families.current
            self.helped = current if current and not current.samples and current.lines.get("HELP") == at else None
        elif not bare:
            if self.format is Format.OPENMETRICS:
                self.faults.report("blank_line", at)
        elif (sample := self.plain(line, at)) is not None:
            self.families.add(sample)
        elif not (self.joined(line, at) or self.in_help(line, at)):
            sample = scan(line, at, self.format, self.faults)
            if sample is not None:
                self.families.add(sample)

    def in_help(self, line: str, at: int) -> bool:
        """Whether the line is no sample but what follows a line feed in the HELP text before it."""
        helped = self.helped
        if helped is None or line.startswith(helped.name):
            return False
        trial = Faults()
        if scan(line, at, self.format, trial) is not None and not trial.counts:
            return False
        at, where = helped.lines["HELP"], f"the HELP text of `{helped.name}`"
        self.faults.report("bad_escape", at, where, "a line feed", excerpt=helped.help or "")
        return True

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

    def joined(self, line: str, at: int) -> bool:
        """Read a sample that line feeds in its label values cut into several lines; those after the first are emptied.

        False where the line is none such: it ends within quotes, and a later line ends these.
        """
        if "{" not in line or not _quotes(line) % 2:
            return False
        lines, first = self.chunk
        within, others = True, False
        pieces = [line]
        for following in range(at + 1, min(at + _JOINED_LINES, first + len(lines))):
            piece = lines[following - first]
            pieces.append(piece)
            others = others or bool(_BEGINS_SAMPLE.match(piece))
            if _quotes(piece) % 2:
                within = not within
            if not within:
                break
        else:
            return False
        whole, trial = "\n".join(pieces).rstrip("\r"), Faults()
        sample = scan(whole, at, self.format, trial)
        # Quotes in the value may end it too early, but where a line is a sample itself, the first one lacks a quote.
        if trial.counts.keys() != {"bad_escape"} or (sample is None and others):
            return False
        for taken in range(at + 1, following + 1):
            lines[taken - first] = _TAKEN
        sample = scan(whole, at, self.format, self.faults)
        if sample is not None:
            self.families.add(sample)
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


def _quotes(line: str) -> int:
    """How many quotes the line has, apart from escaped ones."""
    return sum(map(bool, _QUOTE.findall(line)))


def _chunks(text: str) -> Iterator[list[str]]:
    """The lines of `text` in lists of about a megabyte, so that they never all exist twice."""
    start, size = 0, len(text)
    while start < size:
        end = text.find("\n", start + _CHUNK) if start + _CHUNK < size else -1
        if end < 0:
            end = size - 1 if text.endswith("\n") else size
        yield text[start:end].split("\n")
        start = end + 1
