"""A benchmark's row: what we take, what the alternative takes, and the ratio that was promised."""

import os
import platform
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import monotonic, process_time

TURNS = 3
PATIENCE_S = 40.0
LIBRARIES = ("prometheus-client", "jsonschema")
"""What the suite is set beside."""


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
    load: float = field(default_factory=lambda: os.getloadavg()[0])
    """How many processes wanted to run in the minute before the row was made: the machine has so many CPUs to give."""

    @property
    def ratio(self) -> float:
        """Ours divided by the other's."""
        return self.ours / self.other

    @property
    def kept(self) -> bool:
        """Whether the promise holds in this measurement."""
        return self.ratio <= self.promise


def cpu_of(work: Callable[[], object]) -> float:
    """The processor time (user and system) that `work` takes in this process, in seconds."""
    begun = process_time()
    work()
    return process_time() - begun


def peak_memory() -> int:
    """The most memory that this process has held, in bytes.

    Linux counts it for each program; the maximum of `getrusage` begins with that of the process that started it.
    """
    status = Path("/proc/self/status")
    if status.exists():
        told = dict(line.split(":", 1) for line in status.read_text(encoding="ascii").splitlines())
        return int(told["VmHWM"].split()[0]) * 1024
    import resource  # here: POSIX only

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def in_turn(*measures: Callable[[], float]) -> tuple[float, ...]:
    """The median of each measure, taken in turn, so that what else the machine does disturbs all of them alike.

    There are up to `TURNS` turns, fewer where the first ones took more than `PATIENCE_S` together.
    """
    begun = monotonic()
    turns = [tuple(measure() for measure in measures)]
    while len(turns) < TURNS and (monotonic() - begun) / len(turns) * (len(turns) + 1) < PATIENCE_S:
        turns.append(tuple(measure() for measure in measures))
    return tuple(map(median, zip(*turns, strict=True)))


def as_markdown(rows: Iterable[Row]) -> str:
    """Render the table that `make bench` prints and writes."""
    today, libraries = datetime.now(UTC).date(), ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    machine = f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}"
    measured = f"Measured on {today}: {machine}, Python {platform.python_version()}, {libraries}."
    how = (
        "`make bench` makes this page. Seconds are processor time (user and system), except in the row of time that "
        f"passed. They are the median of up to {TURNS} runs in turn with what is compared; measured once were 200,000 "
        "log lines, 1,000,000 series, the many services, memory, and platform and console, whose rows are time that "
        "passed. "
        "`load` is the machine's when the row was made."
    )
    lines = [
        measured,
        "",
        how,
        "",
        "| what | ours | against | theirs | ours / theirs | promised | kept | load |",
        "|---|---:|---|---:|---:|---:|---|---:|",
    ]
    lines += [
        f"| {row.what} | {_shown(row.ours)} {row.unit} | {row.against} | {_shown(row.other)} {row.unit} "
        f"| {row.ratio:.3g} | ≤ {row.promise:.3g} | {'yes' if row.kept else '**no**'} | {row.load:.1f} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def _shown(number: float) -> str:
    return f"{number:.3g}" if number < 1000 else f"{number:,.0f}"
