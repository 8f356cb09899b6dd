"""The stack keeps logs and metrics seven days, and no longer: one verdict per rule and subject."""

from __future__ import annotations

import pytest

from suites.enforce import enforce
from suites.verdict import Verdict


def test_retention(judgement: Verdict, pytestconfig: pytest.Config) -> None:
    enforce(judgement, strict=pytestconfig.getoption("strict"))
