"""What a service exposes at its metrics endpoint: one verdict per rule and subject."""

from __future__ import annotations

import pytest

from suites.enforce import enforce
from suites.verdict import Verdict


def test_metrics(judgement: Verdict, pytestconfig: pytest.Config) -> None:
    enforce(judgement, strict=pytestconfig.getoption("strict"))
