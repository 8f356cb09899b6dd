"""A pytest plugin that makes every verdict take a while, so that a test can interrupt the judging for certain."""

import time

import pytest

TAKES_S = 0.02
GIVEN = "a verdict was given"


def pytest_configure(config: pytest.Config) -> None:
    """Slow down the judging of this run."""
    config.pluginmanager.register(_SlowJudging(config))


class _SlowJudging:
    def __init__(self, config: pytest.Config) -> None:
        self._config, self._given = config, False

    def pytest_runtest_logstart(self) -> None:
        """Wait before each verdict."""
        time.sleep(TAKES_S)

    def pytest_runtest_logfinish(self) -> None:
        """Say once that there is a verdict."""
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and not self._given:
            self._given = True
            reporter.write_line(GIVEN)
