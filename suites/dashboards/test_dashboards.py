"""Dashboards: their files, and what they show on a running stack: one verdict per rule and dashboard."""

from __future__ import annotations

import pytest

from suites.enforce import enforce
from suites.verdict import Verdict


def test_dashboards(judgement: Verdict, pytestconfig: pytest.Config) -> None:
    enforce(judgement, strict=pytestconfig.getoption("strict"))
