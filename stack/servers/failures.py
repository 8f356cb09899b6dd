"""The ways in which a Go build fails, each with a message that says what to do."""

import re
import shutil
from enum import Enum
from pathlib import Path

LAST_LINES = 8
LINE_CHARACTERS = 300


class Reason(Enum):
    """Why a build failed; the value is the exit code of `python -m stack.servers`."""

    BUILD = 1
    NO_GO = 3
    PROXY = 4
    REFUSED = 5
    DISK = 6
    TOO_OLD = 7
    CHECKSUM = 8
    MEMORY = 9


class BuildError(Exception):
    """A program could not be built; `str(error)` is for a reader, `reason` for a program."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


# The order decides: a refused version also mentions the proxy's address, and a full disk can break anything.
_SIGNS: tuple[tuple[Reason, re.Pattern[str]], ...] = (
    (Reason.DISK, re.compile(r"no space left on device|disk quota exceeded", re.I)),
    (Reason.MEMORY, re.compile(r"signal: killed|cannot allocate memory", re.I)),
    (Reason.CHECKSUM, re.compile(r"checksum mismatch|SECURITY ERROR")),
    (Reason.TOO_OLD, re.compile(r"requires go >= ?\S+|toolchain not available|unknown directive: tool")),
    (
        Reason.PROXY,
        re.compile(
            r"dial tcp|no such host|connection refused|i/o timeout|TLS handshake timeout|proxyconnect|"
            r"network is unreachable|certificate signed by unknown|GOPROXY=off|: EOF$|"
            r"50[0234] (?:Internal|Bad|Service|Gateway)",
            re.I | re.M,
        ),
    ),
    (
        Reason.REFUSED,
        re.compile(r"40[134] \w+|410 Gone|unknown revision|invalid version|version is not available", re.I),
    ),
)

_MODULE_VERSION = re.compile(r"([\w./~-]+\.[\w./~-]+)@(v\d[\w.+-]*)")


def explain(program: str, output: str, where: Path) -> BuildError:
    """Turn the output of a failed `go` command into one error that names the cause and the way on.

    `where` is a folder on the disk that the build writes to.
    """
    reason = next((reason for reason, sign in _SIGNS if sign.search(output)), Reason.BUILD)
    tail = "\n".join(f"    {line[:LINE_CHARACTERS]}" for line in output.strip().splitlines()[-LAST_LINES:])
    return BuildError(reason, f"{program}: {_advice(reason, output, where)}\n  the last lines of `go`:\n{tail}")


def _advice(reason: Reason, output: str, where: Path) -> str:
    match reason:
        case Reason.DISK:
            return f"the disk is full: {free_space(where)}. Free about 6 GB and run it again; it goes on where it was."
        case Reason.MEMORY:
            return "the compiler was killed, most likely for want of memory. Run it again with GOFLAGS=-p=1."
        case Reason.CHECKSUM:
            return (
                "a downloaded module is not the one pinned in go.sum. Run `go clean -modcache` and try again; "
                "if it stays so, the module source cannot be trusted."
            )
        case Reason.TOO_OLD:
            return "this Go is too old for the pinned release. Install a newer one, or take PyPI's: --install-go."
        case Reason.PROXY:
            return (
                "Go modules cannot be downloaded from here: the module proxy does not answer. "
                "Check the network and GOPROXY, then run it again."
            )
        case Reason.REFUSED:
            found = _MODULE_VERSION.search(output)
            what = f"{found.group(1)} {found.group(2)}" if found else "a pinned version"
            return f"the module proxy refuses {what}. Pin another version in go.mod, or set GOPROXY to one that has it."
        case _:
            return "the build failed."


def free_space(where: Path) -> str:
    """Say how much is free on the disk with `where` (or its nearest existing parent)."""
    there = next(folder for folder in (where, *where.parents) if folder.exists())
    return f"{shutil.disk_usage(there).free / 1e9:.1f} GB free at {there}"
