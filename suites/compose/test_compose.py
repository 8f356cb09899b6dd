"""The compose file: what each service of it asks of the container engine: one verdict per rule and subject."""

import pytest

from suites.core.verdict import Verdict
from suites.run.outcome import apply_outcome


def test_compose(judgement: Verdict, pytestconfig: pytest.Config) -> None:
    apply_outcome(judgement, pytestconfig.getoption("fail_on"))
