"""A line with very many labels costs work in proportion to its length; counted, since time depends on the machine."""

from typing import SupportsIndex, cast

import pytest

from stack.records.exposition.checks import check_all
from stack.records.exposition.family import FamilyDraft
from stack.records.exposition.faults import Faults
from stack.records.exposition.model import Format, Sample
from stack.records.exposition.scan import scan

LINES = {
    "distinct": 'l{0}="v{0}",',
    "each twice": 'l{1}="v{0}",',
    "blanks": 'l{0} = "v{0}" , ',
    "no commas": 'l{0}="v{0}"',
    "quoted": '"l {0}"="v{0}",',
    "bad escapes": 'l{0}="\\d{0}",',
    "bad names": '1l{0}="v{0}",',
}


class Work:
    """How many characters of the line were looked at or copied, and how many label names compared."""

    done = 0


class Line(str):
    """A line that counts what the slow path does with it outside of regular expressions."""

    __slots__ = ()

    def find(self, what: str, start: SupportsIndex | None = None, end: SupportsIndex | None = None) -> int:
        Work.done += len(self) - int(start or 0)
        return super().find(what, start, end)

    def rfind(self, what: str, start: SupportsIndex | None = None, end: SupportsIndex | None = None) -> int:
        Work.done += len(self) - int(start or 0)
        return super().rfind(what, start, end)

    def rstrip(self, chars: str | None = None) -> str:
        return Line(super().rstrip(chars))

    def __getitem__(self, at: SupportsIndex | slice) -> str:
        part = super().__getitem__(at)
        Work.done += len(part)
        return part


class Name(str):
    """A label name that counts comparisons."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        Work.done += 1
        return super().__eq__(other)

    __hash__ = str.__hash__


def work(pattern: str, labels: int, fmt: Format, monkeypatch: pytest.MonkeyPatch) -> int:
    """Read and check one line with so many labels."""
    Work.done = 0
    line = "a{" + "".join(pattern.format(number, number // 2) for number in range(labels)) + "} 1"
    sample = scan(Line(line), 1, fmt, Faults())
    assert sample is not None
    named = Sample("a", tuple((Name(name), value) for name, value in sample.labels), 1.0, None, 1, None)
    draft = FamilyDraft("a", 1, fmt)
    draft.samples.append(named)
    spelled = cast("property", Sample.series).fget
    assert spelled is not None

    def series(self: Sample) -> str:
        text: str = spelled(self)
        Work.done += len(text)
        return text

    with monkeypatch.context() as patch:
        patch.setattr(Sample, "series", property(series))
        check_all({"a": draft}, fmt, Faults())
    return Work.done


@pytest.mark.parametrize("fmt", Format)
@pytest.mark.parametrize("pattern", LINES.values(), ids=LINES)
def test_twice_the_labels_are_twice_the_work(pattern: str, fmt: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    once, twice = (work(pattern, labels, fmt, monkeypatch) for labels in (1000, 2000))
    assert twice < 2.5 * once
