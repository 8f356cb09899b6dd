"""The stack itself: its components, their configuration and the compose file: one verdict per rule and subject."""

from __future__ import annotations

import pytest

from suites.enforce import enforce
from suites.verdict import Verdict


def test_stack(judgement: Verdict, pytestconfig: pytest.Config) -> None:
    enforce(judgement, strict=pytestconfig.getoption("strict"))
