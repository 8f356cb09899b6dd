"""Alerts: the rules that the running Prometheus evaluates, and whom it tells: one verdict per rule and subject."""

import pytest

from suites.core.verdict import Verdict
from suites.run.outcome import apply_outcome


def test_alerts(judgement: Verdict, pytestconfig: pytest.Config) -> None:
    apply_outcome(judgement, pytestconfig.getoption("fail_on"))
