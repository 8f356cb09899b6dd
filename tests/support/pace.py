"""Durations that hold on any machine: where a test's subject is time, it is measured against the machine's own pace."""

from collections.abc import Iterator
from contextlib import contextmanager

from stack.eventually import Patience


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail where the block takes longer than these seconds on a machine with a free core; see `Patience`."""
    patience = Patience(seconds)
    yield
    assert patience.left() > 0, f"it took longer than {seconds:g} s of a machine with a free core"
