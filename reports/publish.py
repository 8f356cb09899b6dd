"""Writes every format into the report directory; one that breaks never takes the others with it."""

import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.contract import problems_of
from reports.writers import WRITERS, files


@dataclass(frozen=True)
class Published:
    """Paths written, and what went wrong, each problem naming its file."""

    written: tuple[Path, ...]
    problems: tuple[str, ...]


def replace(path: Path, text: str | Iterable[str]) -> None:
    """Write a text, or its parts, beside and rename, so that a reader never sees half a report."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as beside:
        beside.writelines([text] if isinstance(text, str) else text)
    Path(beside.name).chmod(0o644)
    Path(beside.name).replace(path)


def publish(report: Mapping[str, Any], directory: Path) -> Published:
    """Write all formats; never raises for a broken report or writer, `problems` has what went wrong."""
    problems = [f"report.json breaks its own schema at {problem}" for problem in problems_of(report, limit=3)]
    written = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return Published((), (*problems, f"{directory}: cannot be made ({error.strerror or error}), nothing written"))
    for name in WRITERS:
        new: list[Path] = []
        try:
            for file, content in files(name, report).items():
                path = directory / file
                path.parent.mkdir(exist_ok=True)
                replace(path, content)
                new.append(path)
        except Exception as error:  # noqa: BLE001  # a writer's bug must not lose the other formats
            problems.append(f"{directory / name}: not written, {type(error).__name__}: {error}")
            new = []
        remove(directory, name, new)  # an older run's file would be taken for this one's
        written += new
    return Published(tuple(written), tuple(problems))


def remove(directory: Path, name: str, but: Collection[Path] = ()) -> None:
    """Remove the files of one format, named as in `WRITERS`."""
    for path in {*directory.glob(name)} - {*but}:
        path.unlink(missing_ok=True)
