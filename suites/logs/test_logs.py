"""What a service logs, and how its lines arrive in Loki: one verdict per rule and subject."""

import pytest

from suites.core.verdict import Verdict
from suites.run.outcome import apply_outcome


def test_logs(judgement: Verdict, pytestconfig: pytest.Config) -> None:
    apply_outcome(judgement, pytestconfig.getoption("fail_on"))
