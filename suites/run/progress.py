"""Shows the progress of a collection on the terminal, also when an xdist worker does the collecting.

A worker's output goes nowhere, so it writes its lines into the run folder, and the controller prints them.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

FILE = "progress"
POLL_S = 0.1


def progress_printer(config: pytest.Config, folder: Path) -> Callable[[str], None]:
    """Return what tells a line of progress, with the seconds since now before it."""
    begun = time.monotonic()
    show = _into(folder / FILE) if hasattr(config, "workerinput") else _onto(config)
    return lambda line: show(f"{time.monotonic() - begun:6.1f} s  {line}")


@contextlib.contextmanager
def relayed(config: pytest.Config, folder: Path) -> Iterator[None]:
    """In the controller of an xdist run, print what the workers tell while the block runs."""
    if hasattr(config, "workerinput") or not getattr(config.option, "numprocesses", None):
        yield
        return
    over = threading.Event()
    relay = threading.Thread(target=_relay, args=(folder / FILE, _onto(config), over), daemon=True)
    relay.start()
    try:
        yield
    finally:
        over.set()
        relay.join()


def _relay(path: Path, show: Callable[[str], None], over: threading.Event) -> None:
    shown = 0
    while True:
        last = over.wait(POLL_S)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for line in lines[shown:]:
            show(line)
        shown = len(lines)
        if last:
            return


def _into(path: Path) -> Callable[[str], None]:
    def show(line: str) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    return show


def _onto(config: pytest.Config) -> Callable[[str], None]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")

    def show(line: str) -> None:
        if reporter is not None and reporter.verbosity >= 0:
            reporter.ensure_newline()
            reporter.write_line(line)

    return show
