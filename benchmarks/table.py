"""A benchmark's row: what we take, what the alternative takes, and the ratio that was promised."""

import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison, `ours` and `other` in `unit`; `promise` is a bound on `ours / other`, or None.

    With `promise` the row is kept when ours / other <= promise (time, memory: less is better).
    """

    what: str
    ours: float
    other: float
    against: str
    promise: float
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """Ours divided by the other's."""
        return self.ours / self.other

    @property
    def kept(self) -> bool:
        """Whether the promise holds in this measurement."""
        return self.ratio <= self.promise


def best_of(times: int, work: Callable[[], object]) -> float:
    """Seconds of the fastest of `times` runs: the one least disturbed by the rest of the machine."""
    seconds = []
    for _ in range(times):
        begun = perf_counter()
        work()
        seconds.append(perf_counter() - begun)
    return min(seconds)


def as_markdown(rows: Iterable[Row]) -> str:
    """Render the table that `make bench` prints and writes."""
    lines = [
        f"Measured on {os.cpu_count()} CPUs with Python {platform.python_version()}; `make bench` makes this page.",
        "",
        "| what | ours | against | theirs | ours / theirs | promised | kept |",
        "|---|---:|---|---:|---:|---:|---|",
    ]
    lines += [
        f"| {row.what} | {row.ours:.3g} {row.unit} | {row.against} | {row.other:.3g} {row.unit} | {row.ratio:.3g} "
        f"| ≤ {row.promise:.3g} | {'yes' if row.kept else '**no**'} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"
