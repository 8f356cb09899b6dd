"""The evidence of a run: frozen records by subject, or why there are none.

Collectors put records in; rules get them out, possibly in another process: with pytest-xdist one worker
collects and all of them judge, so evidence travels as one file per subject.
"""

import gc
import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from stack.garbage import no_collection

T = TypeVar("T")
Kind = Literal["live", "simulated", "static"]
"""What stood behind a record: a real server, an embedded stand-in, or files only."""


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """Why there is no record.

    `applies=False`: the rules on it have nothing to say about this subject. `because_of`: the component that could not
    be reached, where that is why.
    """

    reason: str
    applies: bool = True
    because_of: str = ""


@dataclass(frozen=True, slots=True)
class CollectionError:
    """The suite itself broke while collecting: reported as an error, never as a failure of the subject."""

    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """The records of one type for one subject, with what stood behind them."""

    records: tuple[Any, ...]
    kind: Kind


BROKEN = "broken"
"""The file that says why collecting ended early."""

Found = Evidence | NotEvaluated | CollectionError
Records = Mapping[type, Sequence[Any] | NotEvaluated]
"""What a collector returns: per record type the records, or why there are none."""


@dataclass(slots=True)
class _Subject:
    """The evidence about one subject: what is `known` of it here, and what is still `packed` as it was read from disk.

    `parts` says which types were put in together: they share records, so they are packed together, and the rules of
    one area need not wait for what those of another one look at.
    """

    known: dict[str, Found] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    packed: dict[int, bytes] = field(default_factory=dict)

    def get(self, key: str) -> Found | None:
        self._unpack(self.parts.get(key))
        return self.known.get(key)

    def put(self, found: Mapping[str, Found]) -> None:
        fresh = max(self.parts.values(), default=0) + 1
        for key in found:
            self._unpack(self.parts.setdefault(key, fresh))
        self.known.update(found)

    def pack(self) -> tuple[dict[str, int], dict[int, bytes]]:
        own: dict[int, dict[str, Found]] = {}
        for key, found in self.known.items():
            own.setdefault(self.parts[key], {})[key] = found
        return self.parts, {**self.packed, **{part: _pickled(found) for part, found in own.items()}}

    def _unpack(self, part: int | None) -> None:
        if part in self.packed:
            gc.collect()  # what is frozen below is never looked at again, so no garbage may be among it
            with no_collection():
                self.known.update(pickle.loads(self.packed.pop(part)))  # noqa: S301  # written by this run alone
                gc.freeze()


class EvidenceStore:
    """Evidence by subject in `folder`, one pickle file per subject, loaded when first asked for.

    The files are written and read by this run alone; nothing from outside is ever unpickled.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._loaded: dict[str, _Subject] = {}
        self._stowed: set[str] = set()
        self._broken: CollectionError | None = None

    def put(self, subject: str, records: Records, kind: Kind) -> None:
        """Add one collector's records for `subject`; a later put of the same type replaces the earlier.

        They stay for long, so the garbage collector need not walk them again: there may be a million.
        """
        known = self._known(subject)
        self._stowed.discard(subject)
        known.put(
            {
                _key(record_type): found if isinstance(found, NotEvaluated) else Evidence(tuple(found), kind)
                for record_type, found in records.items()
            }
        )
        gc.freeze()

    def put_missing(self, subject: str, types: Iterable[type], why: NotEvaluated | CollectionError) -> None:
        """Say why `subject` has no records of these types; what is already there stays."""
        known = self._known(subject)
        self._stowed.discard(subject)
        known.put({key: why for key in map(_key, types) if key not in known.parts})

    def broke(self, why: CollectionError) -> None:
        """Say that collecting ended early: what is not there, of whatever subject, is missing for this reason."""
        self._broken = why

    def stow(self, subject: str) -> None:
        """Write a subject to disk and let go of it: with hundreds of them, memory would not do."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self._path(subject), self._loaded.pop(subject, _Subject()).pack())
        self._stowed.add(subject)

    def release(self, subject: str) -> None:
        """Let go of a subject that is on disk as it is here."""
        if subject in self._stowed:
            self._loaded.pop(subject, None)

    def forget(self, subject: str) -> None:
        """Let go of the records of a subject; what is on disk can be had again."""
        self._loaded.pop(subject, None)

    def save(self) -> None:
        """Write all subjects to disk, each file in one step."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for subject, found in self._loaded.items():
            _write(self._path(subject), found.pack())
        _write(self.folder / BROKEN, self._broken)

    def get(self, record_type: type, subject: str) -> Found:
        """The evidence of one type for one subject; `NotEvaluated` where nothing was collected."""
        if subject not in self._loaded:
            self._broken = self._broken or _read(self.folder / BROKEN)
        missing = self._broken or NotEvaluated(f"no {record_type.__name__} was collected for {subject}")
        return self._known(subject).get(_key(record_type)) or missing

    def all(self, record_type: type[T]) -> list[T] | None:
        """Every record of a type that this process has put in, of whatever subject; None where there is none."""
        found = [subject.known.get(_key(record_type)) for subject in self._loaded.values()]
        evidence = [one for one in found if isinstance(one, Evidence)]
        return [record for one in evidence for record in one.records] if evidence else None

    def _known(self, subject: str) -> _Subject:
        if subject not in self._loaded:
            parts, packed = _read(self._path(subject)) or ({}, {})
            self._loaded[subject] = _Subject(parts=parts, packed=packed)
        return self._loaded[subject]

    def _path(self, subject: str) -> Path:
        return self.folder / f"{quote(subject, safe='')}.evidence"


def _write(path: Path, what: object) -> None:
    fresh = path.with_suffix(".tmp")
    fresh.write_bytes(_pickled(what))
    fresh.replace(path)


def _pickled(what: object) -> bytes:
    try:
        return pickle.dumps(what, protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, TypeError, AttributeError, ValueError, RecursionError) as broken:
        if not isinstance(what, dict):
            return _pickled(CollectionError(f"this evidence cannot travel between processes: {broken}"))
        # One record that cannot be written must not cost the others of its subject.
        return _pickled({key: pickle.loads(_pickled(found)) for key, found in what.items()})  # noqa: S301  # our own


def _read(path: Path) -> Any:
    return pickle.loads(path.read_bytes()) if path.exists() else None  # noqa: S301  # written by this run alone


def _key(record_type: type) -> str:
    return f"{record_type.__module__}.{record_type.__qualname__}"
