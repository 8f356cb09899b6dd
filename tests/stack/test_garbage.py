"""The pauses of the garbage collector."""

import gc

from stack.garbage import MANY, no_collection


def test_very_many_new_objects_are_never_walked() -> None:
    before = gc.get_freeze_count()
    with no_collection():
        kept = [list[int]() for _ in range(MANY + 1)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(kept)


def test_few_new_objects_are_collected_as_usual() -> None:
    before = gc.get_freeze_count()
    with no_collection():
        kept = [list[int]() for _ in range(100)]
    assert gc.isenabled()
    assert gc.get_freeze_count() <= before
    assert kept


def test_who_has_paused_the_collector_keeps_it_paused() -> None:
    gc.disable()
    try:
        with no_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
