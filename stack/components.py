"""One table of the stack's components: image and version, ready path, binaries, and how a real server is built.

The versions of what `make servers` builds are also in `stack/servers/*/go.mod`, and all are in the compose file:
`tests/stack/test_components.py` compares them.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from stack.servers.pins import NATIVE_BUILDS, NativeBuild, cached_binary

SERVERS_VARIABLE = "CONFORMANCE_SERVERS"
"""Environment variable: the folder of real servers that `--servers DIR` names, inherited by every subprocess.

`none` makes every lookup find nothing, to prove the embedded default on any machine.
"""

REAL_SERVERS = "put it on PATH or name its folder with --servers DIR (docs/real-servers.md says where to get it)"
"""How to get a server that is not built here."""

# Debian keeps nginx in /usr/sbin, which an ordinary user's PATH leaves out.
EXTRA_FOLDERS: tuple[str, ...] = ("/usr/local/sbin", "/usr/sbin")

_MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}
PLATFORM = f"{platform.system().lower()}-{_MACHINE.get(platform.machine(), platform.machine())}"
"""How the projects name the platform in their release files: `linux-amd64`, `darwin-arm64`."""

VERSION = re.compile(r"\d+\.\d+(?:\.\d+)+")


@dataclass(frozen=True)
class ComponentInfo:
    """What there is to know about a component before it runs.

    `image` and `tag` name the official container image; `port` and `ready_path` are where it answers 200 once ready
    (an empty path means: the TCP port accepts). `binaries` are the names to look for on PATH, the official one
    first, then Debian's.
    """

    name: str
    image: str = ""
    tag: str = ""
    port: int = 0
    ready_path: str = ""
    binaries: tuple[str, ...] = ()
    version_args: tuple[str, ...] = ("--version",)
    native: NativeBuild | None = field(default=None, repr=False)

    @property
    def image_reference(self) -> str:
        """`repository:tag`, as the compose file writes it; empty for what is only a tool."""
        return f"{self.image}:{self.tag}" if self.image else ""


@dataclass(frozen=True)
class Binary:
    """A real server's executable: where it is, which version it says it is, and where it was found."""

    path: Path
    version: str
    source: str
    """`--servers`, `make servers` or `PATH`."""
    provenance: str = "native"


def _table(*rows: ComponentInfo) -> dict[str, ComponentInfo]:
    return {row.name: row for row in rows}


COMPONENTS: dict[str, ComponentInfo] = _table(
    ComponentInfo(
        "prometheus",
        "prom/prometheus",
        "v3.13.5",
        9090,
        "/-/ready",
        ("prometheus",),
        native=NATIVE_BUILDS["prometheus"],
    ),
    ComponentInfo("loki", "grafana/loki", "3.6.15", 3100, "/ready", ("loki",), ("-version",)),
    ComponentInfo("promtail", "grafana/promtail", "3.6.15", 9080, "/ready", ("promtail",), ("-version",)),
    ComponentInfo("alloy", "grafana/alloy", "v1.21.2", 12345, "/-/ready", ("alloy",)),
    ComponentInfo("grafana", "grafana/grafana", "13.1.1", 3000, "/api/health", ("grafana", "grafana-server"), ("-v",)),
    ComponentInfo(
        "alertmanager",
        "prom/alertmanager",
        "v0.34.2",
        9093,
        "/-/ready",
        ("alertmanager", "prometheus-alertmanager"),
    ),
    ComponentInfo(
        "node-exporter",
        "prom/node-exporter",
        "v1.12.1",
        9100,
        "/",
        ("node_exporter", "prometheus-node-exporter"),
    ),
    ComponentInfo(
        "redis-exporter",
        "oliver006/redis_exporter",
        "v1.89.0-alpine",
        9121,
        "/",
        ("redis_exporter", "prometheus-redis-exporter"),
    ),
    ComponentInfo("redis", "redis", "8.10.2", 6379, "", ("redis-server",)),
    ComponentInfo("gateway", "nginx", "1.31.6", 4080, "/healthz", ("nginx",), ("-v",)),
)
"""Every component of the stack, by name. Loki's and Promtail's images are built from one tag of one repository."""

NOT_IN_DEBIAN = frozenset({"loki", "promtail", "alloy", "grafana"})
"""What Debian does not package and `make servers` does not build."""

TOOLS: dict[str, ComponentInfo] = _table(
    ComponentInfo("promtool", binaries=("promtool",), native=NATIVE_BUILDS["promtool"]),
    ComponentInfo("amtool", binaries=("amtool",)),
    ComponentInfo("chromium", binaries=("chromium", "chromium-browser", "google-chrome")),
)
"""Programs that tests and benchmarks use beside the stack."""


def find_binary(name: str) -> Binary | None:
    """Find the real program of a component or tool: in the folder of `--servers`, as `make servers` built it, on PATH.

    Raises:
        KeyError: `name` is in neither table.

    """
    info = COMPONENTS.get(name) or TOOLS[name]
    folder = os.environ.get(SERVERS_VARIABLE, "")
    if folder == "none":
        return None
    if folder and (given := _in_folder(Path(folder), info.binaries)):
        return Binary(given, _version_of(given, info.version_args), "--servers")
    if info.native is not None:
        built = cached_binary(info.native)
        if built is not None:
            return Binary(built, info.native.version, "make servers")
    for candidate in info.binaries:
        found = _which(candidate)
        if found is not None:
            return Binary(found, _version_of(found, info.version_args), "PATH")
    return None


def why_absent(name: str) -> str:
    """Say why `find_binary(name)` found nothing, and what the reader can do about it."""
    info = COMPONENTS.get(name) or TOOLS[name]
    if os.environ.get(SERVERS_VARIABLE) == "none":
        return f"real servers are hidden by {SERVERS_VARIABLE}=none; unset it"
    looked_for = " or ".join(f"`{binary}`" for binary in info.binaries)
    if info.native is not None:
        return f"{looked_for} is neither built nor on PATH; run `make servers`, or start a container engine"
    if name in NOT_IN_DEBIAN:
        return f"{looked_for} is not found; {REAL_SERVERS}, or start a container engine"
    return f"{looked_for} is not on PATH; install it (see .ci/debian-servers.sh), or start a container engine"


def found_in(folder: Path) -> list[str]:
    """Return the names of the components and tools whose program is in `folder`, as `--servers` takes it."""
    rows = {**COMPONENTS, **TOOLS}
    return [name for name, info in rows.items() if _in_folder(folder, info.binaries)]


def _in_folder(folder: Path, names: tuple[str, ...]) -> Path | None:
    """Find a program in a folder of binaries or of unpacked release archives.

    Archives hold it at their top or in `bin/`; some name it after the platform: `loki-linux-amd64`.
    """
    places = [folder, folder / "bin", *sorted(folder.glob("*/")), *sorted(folder.glob("*/bin/"))]
    for name in names:
        for place in places:
            for path in (place / name, place / f"{name}-{PLATFORM}"):
                if path.is_file() and os.access(path, os.X_OK):
                    return path
    return None


def _which(program: str) -> Path | None:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *EXTRA_FOLDERS])
    found = shutil.which(program, path=path)
    return Path(found) if found else None


@cache
def _version_of(path: Path, args: tuple[str, ...]) -> str:
    """Return the version the program itself prints, or `unknown`."""
    try:
        done = subprocess.run(  # noqa: S603  # the program is one of the table's names, found on PATH
            [path, *args], capture_output=True, text=True, errors="replace", timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    match = VERSION.search(done.stdout + done.stderr)
    return match.group() if match else "unknown"
