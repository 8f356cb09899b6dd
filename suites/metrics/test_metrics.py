"""What a service exposes at its metrics endpoint: one verdict per rule and subject."""

import pytest

from suites.core.verdict import Verdict
from suites.run.outcome import apply_outcome


def test_metrics(judgement: Verdict, pytestconfig: pytest.Config) -> None:
    apply_outcome(judgement, pytestconfig.getoption("fail_on"))
