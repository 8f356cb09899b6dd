"""Finds the programs of real servers: in the folder of `--servers`, as `make servers` built them, on PATH."""

import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from stack.components import COMPONENTS, TOOLS
from stack.servers.pins import cached_binary

SERVERS_VARIABLE = "CONFORMANCE_SERVERS"
"""Environment variable: the folder of real servers that `--servers DIR` names, inherited by every subprocess.

`none` makes every lookup find nothing, to prove the embedded default on any machine.
"""

# Debian keeps nginx in /usr/sbin, which an ordinary user's PATH leaves out.
EXTRA_FOLDERS: tuple[str, ...] = ("/usr/local/sbin", "/usr/sbin")

_MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}
PLATFORM = f"{platform.system().lower()}-{_MACHINE.get(platform.machine(), platform.machine())}"
"""How the projects name the platform in their release files: `linux-amd64`, `darwin-arm64`."""

VERSION = re.compile(r"\d+\.\d+(?:\.\d+)+")
VERSION_TIMEOUT_S = 60


@dataclass(frozen=True)
class Binary:
    """A real server's executable: where it is, which version it states, and where it was found."""

    path: Path
    version: str
    source: str
    """`--servers`, `make servers` (with what such a build lacks), `PATH` or `this checkout`."""
    provenance: str = "native"


def find_binary(name: str) -> Binary | None:
    """Find the real program of a component or tool: in the folder of `--servers`, as `make servers` built it, on PATH.

    Raises:
        KeyError: `name` is neither a component nor a tool.

    """
    info = COMPONENTS.get(name) or TOOLS[name]
    if info.module:
        return Binary(Path(sys.executable), info.tag, "this checkout")
    folder = os.environ.get(SERVERS_VARIABLE, "")
    if folder == "none":
        return None
    if folder and (given := _in_folder(Path(folder), info.binaries)):
        return Binary(given, _version_of(given, info.version_args), "--servers")
    if info.build and (built := cached_binary(info.build)):
        return Binary(built, info.build.version, info.build.source)
    for candidate in info.binaries:
        if found := _which(candidate):
            return Binary(found, _version_of(found, info.version_args), "PATH")
    return None


def why_absent(name: str) -> str:
    """Say why `find_binary(name)` found nothing, and what to do about it."""
    info = COMPONENTS.get(name) or TOOLS[name]
    if os.environ.get(SERVERS_VARIABLE) == "none":
        return f"real servers are hidden by {SERVERS_VARIABLE}=none; unset it"
    looked_for = " or ".join(f"`{binary}`" for binary in info.binaries)
    engine = ", or start a container engine" if info.image else ""
    return f"{looked_for} is not found; {info.get}{engine}"


def found_in(folder: Path) -> list[str]:
    """Return the names of the components and tools whose program is in `folder`, as `--servers` takes it."""
    return [name for name, info in {**COMPONENTS, **TOOLS}.items() if _in_folder(folder, info.binaries)]


def _in_folder(folder: Path, names: tuple[str, ...]) -> Path | None:
    """Find a program in a folder of binaries or of unpacked release archives.

    Archives have it at their top or in `bin/`; some name it after the platform: `loki-linux-amd64`.
    """
    places = [folder, folder / "bin", *sorted(folder.glob("*/")), *sorted(folder.glob("*/bin/"))]
    paths = (path for name in names for place in places for path in (place / name, place / f"{name}-{PLATFORM}"))
    return next((path for path in paths if path.is_file() and os.access(path, os.X_OK)), None)


def _which(program: str) -> Path | None:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *EXTRA_FOLDERS])
    found = shutil.which(program, path=path)
    return Path(found) if found else None


@cache
def _version_of(path: Path, args: tuple[str, ...]) -> str:
    """Return the version the program itself prints, or `unknown`."""
    try:
        done = subprocess.run(  # noqa: S603  # the program is one of the table's names
            [path, *args], capture_output=True, text=True, errors="replace", timeout=VERSION_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    match = VERSION.search(done.stdout + done.stderr)
    return match.group() if match else "unknown"
