"""A pytest plugin as others write them: it listens to the phases of every test, and says how many there were."""

from collections import Counter
from collections.abc import Iterator

import pytest

PHASES = Counter[str]()


@pytest.fixture(autouse=True)
def _everywhere() -> Iterator[None]:
    PHASES["fixture"] += 1
    yield
    PHASES["fixture ended"] += 1


def pytest_runtest_setup() -> None:
    """Count one."""
    PHASES["setup"] += 1


def pytest_runtest_teardown() -> None:
    """Count one."""
    PHASES["teardown"] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many there were."""
    terminalreporter.write_line(f"phases: {dict(PHASES)}")
