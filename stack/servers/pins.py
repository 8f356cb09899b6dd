"""Which real servers are built, from which Go package, and where the result is cached.

The cache lies outside the checkout, so a fresh clone reuses it, and its key covers everything that decides what
the program is: `go.mod`, `go.sum`, linker flags, package and machine.
"""

from __future__ import annotations

import hashlib
import os
import platform
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent

PROMETHEUS_VERSION = "3.13.5"

PROMETHEUS_SYMBOL = "github.com/prometheus/common/version.Version"


@dataclass(frozen=True)
class NativeBuild:
    """One program to build: `package` of `module` at `module_version`, from the pins in `stack/servers/<folder>/`.

    `version` is what the server calls itself; the linker writes it into `version_symbol`, because a build from a
    module, unlike a release, carries no version in the server's build information.
    """

    binary: str
    folder: str
    package: str
    module: str
    module_version: str
    version: str
    version_symbol: str

    @property
    def module_dir(self) -> Path:
        """The folder with `go.mod` and `go.sum`."""
        return HERE / self.folder

    @property
    def ldflags(self) -> str:
        """No symbol table, and the version stamped."""
        return f"-s -w -X {self.version_symbol}={self.version}"


def _prometheus(binary: str) -> NativeBuild:
    module = "github.com/prometheus/prometheus"
    # Prometheus 3.x.y is published to Go as v0.3xx.y: the module path has no /v3.
    major, minor, patch = PROMETHEUS_VERSION.split(".")
    module_version = f"v0.{major}{int(minor):02d}.{patch}"
    package = f"{module}/cmd/{binary}"
    return NativeBuild(binary, "prometheus", package, module, module_version, PROMETHEUS_VERSION, PROMETHEUS_SYMBOL)


NATIVE_BUILDS: dict[str, NativeBuild] = {
    build.binary: build
    for build in (
        _prometheus("prometheus"),
        _prometheus("promtool"),
    )
}
"""Programs by name, in the order in which `make servers` builds them: quickest first."""


def cache_root() -> Path:
    """Return the folder for built programs: `$XDG_CACHE_HOME` or `~/.cache`, then ours."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(base) / "observability-conformance" / "servers"


def build_dir(build: NativeBuild) -> Path:
    """Return the folder in the cache that holds exactly this build, whether or not it is there yet."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        digest.update((build.module_dir / name).read_bytes())
    digest.update("\n".join((build.ldflags, build.package, platform.system(), platform.machine())).encode())
    return cache_root() / f"{build.binary}-{build.version}-{digest.hexdigest()[:16]}"


def cached_binary(build: NativeBuild) -> Path | None:
    """Return the built program if an earlier `make servers` made it, else None."""
    path = build_dir(build) / build.binary
    return path if os.access(path, os.X_OK) else None
