"""Where the pins of a built server are, and where the result is cached.

The cache lies outside the checkout, so a fresh clone reuses it, and its key covers everything that decides what
the program is: `go.mod`, `go.sum`, linker flags, package, placeholder and machine.
"""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stack.component_info import GoBuild

HERE = Path(__file__).resolve().parent

VERSION_SYMBOL = "github.com/prometheus/common/version.Version"
"""The variable that servers of the Prometheus project state as their version.

The linker writes it, because a build from a module, unlike a release, carries no version in its build information.
"""


def module_dir(build: GoBuild) -> Path:
    """Return the folder with the program's `go.mod` and `go.sum`."""
    return HERE / build.folder


def ldflags(build: GoBuild) -> str:
    """Return the linker's flags: no symbol table, and the version stamped."""
    return f"-s -w -X {VERSION_SYMBOL}={build.version}"


def cache_root() -> Path:
    """Return the folder for built programs: `$XDG_CACHE_HOME` or `~/.cache`, then ours."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(base) / "observability-conformance" / "servers"


def build_dir(build: GoBuild) -> Path:
    """Return the folder in the cache that has exactly this build, whether or not it is there yet."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        digest.update((module_dir(build) / name).read_bytes())
    parts = (ldflags(build), build.package, platform.system(), platform.machine(), build.placeholder)
    digest.update("\n".join(filter(None, parts)).encode())
    return cache_root() / f"{build.binary}-{build.version}-{digest.hexdigest()[:16]}"


def cached_binary(build: GoBuild) -> Path | None:
    """Return the built program if an earlier `make servers` made it, else None."""
    path = build_dir(build) / build.binary
    return path if os.access(path, os.X_OK) else None
