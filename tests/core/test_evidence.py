"""Evidence that is on disk in place of memory is the same evidence."""

from pathlib import Path

import pytest

from suites.core.evidence import Evidence, EvidenceStore, NotEvaluated


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence")


def test_what_was_stowed_is_there_and_takes_more(store: EvidenceStore) -> None:
    store.put("shop", {int: [1, 2], str: NotEvaluated("no text")}, "live")
    store.stow("shop")
    assert store.all(int) is None, "it is not in memory"
    assert store.get(int, "shop") == Evidence((1, 2), "live")
    assert store.get(str, "shop") == NotEvaluated("no text")
    store.release("shop")
    assert store.all(int) is None
    store.put("shop", {float: [1.5]}, "static")
    store.release("shop")
    assert store.get(float, "shop") == Evidence((1.5,), "static"), "what came later is not let go of"
    assert store.get(int, "shop") == Evidence((1, 2), "live")
    store.stow("shop")
    assert store.get(float, "shop") == Evidence((1.5,), "static")


def test_what_is_only_in_memory_is_not_released(store: EvidenceStore) -> None:
    store.put("shop", {int: [1]}, "live")
    store.release("shop")
    assert store.get(int, "shop") == Evidence((1,), "live")
    store.forget("shop")
    assert isinstance(store.get(int, "shop"), NotEvaluated)


def test_other_processes_read_what_was_stowed(store: EvidenceStore) -> None:
    store.put("shop", {int: [1]}, "live")
    store.put("bank", {int: [2]}, "live")
    store.stow("shop")
    store.save()
    other = EvidenceStore(store.folder)
    assert [other.get(int, name) for name in ("shop", "bank")] == [Evidence((1,), "live"), Evidence((2,), "live")]


def test_what_was_put_in_together_is_read_together_and_nothing_else(store: EvidenceStore) -> None:
    shared = ["a list of both"]
    store.put("shop", {list: [shared], tuple: [shared]}, "live")
    store.put("shop", {int: [1]}, "live")
    store.put("shop", {tuple: [(shared,)]}, "live")  # in place of the earlier one
    store.stow("shop")
    assert store.get(int, "shop") == Evidence((1,), "live")
    assert store.all(list) is None, "nobody has asked for it"
    (one,), (other,) = (store.get(kind, "shop").records for kind in (list, tuple))  # type: ignore[union-attr]
    assert other == (["a list of both"],)
    assert other[0] is one
    store.stow("shop")
    store.put("shop", {int: [2]}, "live")
    store.stow("shop")
    assert [store.get(kind, "shop") for kind in (int, list)] == [
        Evidence((2,), "live"),
        Evidence((["a list of both"],), "live"),
    ]
