"""The components of the stack and their configuration: one verdict per rule and subject."""

import pytest

from suites.core.verdict import Verdict
from suites.run.outcome import apply_outcome


def test_components(judgement: Verdict, pytestconfig: pytest.Config) -> None:
    apply_outcome(judgement, pytestconfig.getoption("fail_on"))
