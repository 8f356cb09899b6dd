"""Looks into Loki's chunk files: which of them hold which lines."""

import contextlib
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

GZIP = b"\x1f\x8b\x08"
INDEX = "index"
"""The folder beside the tenants' chunks that holds the index."""


def chunk_files(store: Path) -> frozenset[Path]:
    """Return the chunk files of a filesystem store, index files left out."""
    return frozenset(path for path in store.rglob("*") if path.is_file() and path.relative_to(store).parts[0] != INDEX)


def index_files(store: Path) -> frozenset[Path]:
    """Return the files of the index that have reached the store; the delete requests of the compactor are none."""
    return frozenset(path for path in (store / INDEX).glob("*_*/**/*.tsdb.gz") if path.is_file())


def holding(texts: Iterable[str], files: Iterable[Path]) -> frozenset[Path]:
    """Return those chunk files in which one of the texts is found, packed by gzip or not."""
    wanted = [text.encode() for text in texts]
    return frozenset(path for path in files if any(text in part for part in _parts(path) for text in wanted))


def _parts(path: Path) -> Iterator[bytes]:
    """Yield a file as it is, then every gzip stream in it: a chunk is a row of blocks, each packed on its own."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:  # deleted since it was listed, which is what a trial waits for
        return
    yield data
    start = data.find(GZIP)
    while start >= 0:
        with contextlib.suppress(zlib.error):  # the three bytes may be there by chance
            yield zlib.decompressobj(31).decompress(data[start:])
        start = data.find(GZIP, start + 1)
