"""What can only be judged once a family is complete."""

from __future__ import annotations

from collections.abc import Mapping

from stack.records.exposition import Format
from stack.records.exposition_family import FamilyDraft
from stack.records.exposition_violations import Violations


def check_all(families: Mapping[str, FamilyDraft], fmt: Format, violations: Violations) -> None:
    """Check every complete family."""
