"""A pytest plugin that makes every verdict take a while, so that a test can interrupt the judging for certain."""

import time

TAKES_S = 0.02


def pytest_runtest_logstart() -> None:
    """Wait before each verdict."""
    time.sleep(TAKES_S)
