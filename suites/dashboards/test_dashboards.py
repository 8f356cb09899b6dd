"""Dashboards: their files, and what they show on a running stack: one verdict per rule and dashboard."""

import pytest

from suites.core.verdict import Verdict
from suites.run.outcome import apply_outcome


def test_dashboards(judgement: Verdict, pytestconfig: pytest.Config) -> None:
    apply_outcome(judgement, pytestconfig.getoption("fail_on"))
