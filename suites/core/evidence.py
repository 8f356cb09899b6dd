"""The evidence of a run: frozen records by subject, or why there are none.

Collectors put records in; rules get them out, possibly in another process: with pytest-xdist one worker
collects and all of them judge, so evidence travels as one file per subject.
"""

import gc
import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import quote

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


class EvidenceStore:
    """Evidence by subject in `folder`, one pickle file per subject, loaded when first asked for.

    The files are written and read by this run alone; nothing from outside is ever unpickled.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._loaded: dict[str, dict[str, Found]] = {}
        self._stowed: set[str] = set()
        self._broken: CollectionError | None = None

    def put(self, subject: str, records: Records, kind: Kind) -> None:
        """Add one collector's records for `subject`; a later put of the same type replaces the earlier.

        They stay for long, so the garbage collector need not walk them again: there may be a million.
        """
        known = self._known(subject)
        self._stowed.discard(subject)
        for record_type, found in records.items():
            key = _key(record_type)
            known[key] = found if isinstance(found, NotEvaluated) else Evidence(tuple(found), kind)
        gc.freeze()

    def put_missing(self, subject: str, types: Iterable[type], why: NotEvaluated | CollectionError) -> None:
        """Say why `subject` has no records of these types; what is already there stays."""
        known = self._known(subject)
        self._stowed.discard(subject)
        for record_type in types:
            known.setdefault(_key(record_type), why)

    def broke(self, why: CollectionError) -> None:
        """Say that collecting ended early: what is not there, of whatever subject, is missing for this reason."""
        self._broken = why

    def stow(self, subject: str) -> None:
        """Write a subject to disk and let go of it: with hundreds of them, memory would not do."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self._path(subject), self._loaded.pop(subject, {}))
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
            _write(self._path(subject), found)
        _write(self.folder / BROKEN, self._broken)

    def get(self, record_type: type, subject: str) -> Found:
        """The evidence of one type for one subject; `NotEvaluated` where nothing was collected."""
        if subject not in self._loaded:
            self._broken = self._broken or _read(self.folder / BROKEN)
        known = self._known(subject)
        missing = self._broken or NotEvaluated(f"no {record_type.__name__} was collected for {subject}")
        return known.get(_key(record_type), missing)

    def all(self, record_type: type[T]) -> list[T] | None:
        """Every record of a type that this process has put in, of whatever subject; None where there is none."""
        found = [known.get(_key(record_type)) for known in self._loaded.values()]
        evidence = [one for one in found if isinstance(one, Evidence)]
        return [record for one in evidence for record in one.records] if evidence else None

    def _known(self, subject: str) -> dict[str, Found]:
        if subject not in self._loaded:
            self._loaded[subject] = _read(self._path(subject)) or {}
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
