"""The evidence of a run: frozen records by subject, or why there are none.

Collectors put records in; rules get them out, possibly in another process: with pytest-xdist one worker
collects and all of them judge, so evidence travels as one file per subject.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

Kind = Literal["live", "simulated", "static"]
"""What stood behind a record: a real server, an embedded stand-in, or files only."""


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """Why there is no record. `applies=False`: the rules on it have nothing to say about this subject."""

    reason: str
    applies: bool = True


@dataclass(frozen=True, slots=True)
class CollectionError:
    """The suite itself broke while collecting: shown as an error, never as a failure of the subject."""

    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """The records of one type for one subject, with what stood behind them."""

    records: tuple[Any, ...]
    kind: Kind


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

    def put(self, subject: str, records: Records, kind: Kind) -> None:
        """Add one collector's records for `subject`; a later put of the same type replaces the earlier."""
        known = self._loaded.setdefault(subject, {})
        for record_type, found in records.items():
            key = _key(record_type)
            known[key] = found if isinstance(found, NotEvaluated) else Evidence(tuple(found), kind)

    def put_missing(self, subject: str, types: Iterable[type], why: NotEvaluated | CollectionError) -> None:
        """Say why `subject` has no records of these types; what is already there stays."""
        known = self._loaded.setdefault(subject, {})
        for record_type in types:
            known.setdefault(_key(record_type), why)

    def save(self) -> None:
        """Write all subjects to disk, each file in one step."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for subject, found in self._loaded.items():
            path = self._path(subject)
            fresh = path.with_suffix(".tmp")
            fresh.write_bytes(pickle.dumps(found, protocol=pickle.HIGHEST_PROTOCOL))
            fresh.replace(path)

    def get(self, record_type: type, subject: str) -> Found:
        """The evidence of one type for one subject; `NotEvaluated` where nothing was collected."""
        if subject not in self._loaded:
            path = self._path(subject)
            self._loaded[subject] = (
                pickle.loads(path.read_bytes())  # noqa: S301  # written by this run, see the class docstring
                if path.exists()
                else {}
            )
        missing = NotEvaluated(f"no {record_type.__name__} was collected for {subject}")
        return self._loaded[subject].get(_key(record_type), missing)

    def _path(self, subject: str) -> Path:
        return self.folder / f"{quote(subject, safe='')}.evidence"


def _key(record_type: type) -> str:
    return f"{record_type.__module__}.{record_type.__qualname__}"
