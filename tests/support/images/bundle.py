"""Root file systems from what is installed here: programs, the shared libraries they load, and little else."""

import re
import shutil
import subprocess
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

LIBRARY = re.compile(r"(?:=>\s*)?(/\S+)\s+\(0x")


class MissingProgramError(Exception):
    """A program that an image needs is not installed here; the text names it."""


@dataclass(frozen=True, slots=True)
class Folder:
    """An empty directory of the image that its user may write to."""

    path: str
    uid: int
    mode: int = 0o755


def program(name: str) -> Path:
    """Where a program is, on PATH or in an sbin directory.

    Raises:
        MissingProgramError: it is not installed.

    """
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    if found is None:
        raise MissingProgramError(f"`{name}` is not installed")
    return Path(found)


def libraries(file: Path) -> set[Path]:
    """The shared libraries that the dynamic loader would load for `file`; none for a static program."""
    done = subprocess.run(["/usr/bin/ldd", file], capture_output=True, text=True, check=False, timeout=20)
    return {Path(found) for found in LIBRARY.findall(done.stdout)} if done.returncode == 0 else set()


def python_files() -> Iterator[tuple[Path, str]]:
    """Program and standard library of this interpreter, as (file here, path in the image)."""
    base = Path(sysconfig.get_config_var("installed_base"))
    version = sysconfig.get_python_version()
    binary = base / "bin" / f"python{version}"
    yield binary, f"usr/bin/python{version}"
    yield binary, "usr/bin/python"
    stdlib = Path(sysconfig.get_path("stdlib"))
    unwanted = {
        "site-packages",
        "dist-packages",
        "test",
        "__pycache__",
        "idlelib",
        "tkinter",
        "ensurepip",
        "turtledemo",
    }
    for path in stdlib.rglob("*"):
        inside = path.relative_to(stdlib)
        if path.is_file() and not unwanted & set(inside.parts) and not inside.parts[0].startswith("config-"):
            yield path, f"usr/lib/python{version}/{inside}"


def with_libraries(files: Iterable[tuple[Path, str]]) -> dict[str, Path]:
    """Files by their path in the image, and every shared library any of them needs under its own path."""
    placed = {target: source for source, target in files}
    needed = {library for source in set(placed.values()) if _may_be_elf(source) for library in libraries(source)}
    for library in needed:
        placed.setdefault(str(library).lstrip("/"), library)
    return placed


def pack(placed: dict[str, Path], folders: Iterable[Folder]) -> bytes:
    """A tar archive of an image's root file system, owned by root but for `folders`."""
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for folder in (Folder("tmp", 0, 0o1777), *folders):
            archive.addfile(_directory(folder))
        for target, source in sorted(placed.items()):
            content = source.read_bytes()
            entry = tarfile.TarInfo(target)
            entry.size = len(content)
            entry.mode = 0o755 if source.stat().st_mode & 0o111 else 0o644
            archive.addfile(entry, BytesIO(content))
    return out.getvalue()


def _directory(folder: Folder) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(folder.path.strip("/"))
    entry.type = tarfile.DIRTYPE
    entry.uid = entry.gid = folder.uid
    entry.mode = folder.mode
    return entry


def _may_be_elf(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(4) == b"\x7fELF"
