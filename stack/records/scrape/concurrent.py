"""Several scrapes of one endpoint at the same moment, as a frozen record."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from stack.records.scrape.scrape import Scrape, messages

SERIES = re.compile(rb'^([^\s#{]+(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?|\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})', re.MULTILINE)
"""The part of a sample line before its value; linear, since every alternative starts with another byte."""


def series_in(body: bytes) -> frozenset[bytes]:
    """The series of an exposition as they are written, without their values; labels in another order differ."""
    return frozenset(SERIES.findall(body))


@dataclass(frozen=True, slots=True)
class ConcurrentScrapes:
    """The outcomes of scrapes that ran at the same time, and the series that each of them answered.

    The text form is that of `Scrape`, several separated by a line `=====`.
    """

    scrapes: tuple[Scrape, ...]
    series: tuple[frozenset[bytes], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form; raises ValueError as `Scrape.parse` does."""
        parts = messages(text)
        bodies = [part.partition("\n\n")[2].encode() for part in parts]
        return cls(tuple(Scrape.parse(part) for part in parts), tuple(series_in(body) for body in bodies))
