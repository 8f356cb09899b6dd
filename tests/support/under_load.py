"""Are the tests green on a machine that is busy? `make test-under-load` runs them again and again beside full cores.

One busy process per core runs as long as this program does. Every run must be green; the output of one that is not is
kept and its path printed. Exit status 0 if all were green.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.backends.process import ProcessSpec, Running, start

ROOT = Path(__file__).resolve().parents[2]
BUSY = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    sum(range(100_000))\n"
"""A core's full load that ends with the process that started it."""


@contextmanager
def busy_cores(folder: Path) -> Iterator[None]:
    """Keep every core of this machine busy."""
    spec = ProcessSpec("load", (sys.executable, "-c", BUSY), folder, folder / "load.log")
    running: list[Running] = []
    try:
        running += [start(spec) for _ in range(os.cpu_count() or 1)]
        yield
    finally:
        for each in running:
            each.kill()


def run(target: str, output: Path) -> tuple[bool, str]:
    """Run `make <target>`; returns whether it was green, and a line about it."""
    begun = time.monotonic()
    with output.open("wb") as file:
        done = subprocess.run(
            ["/usr/bin/env", "make", target], cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, check=False
        )
    lines = output.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["(no output)"]
    summary = next((line.strip("= ") for line in reversed(lines) if " passed" in line or " failed" in line), lines[-1])
    where = "" if done.returncode == 0 else f"  see {output}"
    return done.returncode == 0, f"make {target:10} {time.monotonic() - begun:6.0f} s  {summary}{where}"


def main() -> int:
    """Run everything, print a line for each run and a summary."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--fast", type=int, default=10, metavar="N", help="runs of make test-fast (default: 10)")
    parser.add_argument("--all", type=int, default=3, metavar="N", help="runs of make test (default: 3)")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="tests-under-load-"))
    targets = ["test-fast"] * chosen.fast + ["test"] * chosen.all
    green = 0
    with busy_cores(folder):
        for number, target in enumerate(targets, 1):
            ok, line = run(target, folder / f"{number:02}-{target}.txt")
            green += ok
            print(f"{number:3} {line}", flush=True)  # noqa: T201  # what the program is run for
    print(f"{green} of {len(targets)} runs were green with every core busy")  # noqa: T201  # likewise
    return 0 if green == len(targets) else 1


if __name__ == "__main__":
    sys.exit(main())
