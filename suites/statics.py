"""Evidence from files: the stack's configuration as it is shipped."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from suites.run import Run


def collect_static(run: Run, wanted: Collection[tuple[str, str]]) -> None:
    """Put the records of the shipped configuration files into the store."""
