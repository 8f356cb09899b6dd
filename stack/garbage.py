"""Pauses the garbage collector where very many records are made or looked at."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 50_000
"""From so many new objects on, one walk over them costs more than what it could find."""


@contextmanager
def no_collection() -> Iterator[None]:
    """Pause the collector: it would walk a million fresh tuples again and again, none of them part of a cycle.

    Where very many are left in the end, it never walks them at all: they go when nothing refers to them any more.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            if gc.get_count()[0] > MANY:
                gc.freeze()
            gc.enable()
