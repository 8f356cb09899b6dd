"""Which backend a run uses: the one that was asked for, or for `auto` the best that this machine can have."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

CONTAINERS = "stack.backends.containers.backend"


def choose(option: str, say: Callable[[str], None] = lambda _line: None) -> str:
    """Return `containers`, `local` or `attached` for a value of `--stack`; of `auto`, `say` why.

    `auto` takes containers where an engine answers and has the images, or can pull them, else processes.
    """
    if option != "auto":
        return option
    why = why_no_containers()
    if why is None:
        say("running the stack in containers; --stack local runs it as processes of this machine")
        return "containers"
    say(f"running the stack without containers: {why}")
    return "local"


def why_no_containers() -> str | None:
    """Say in one line why the stack cannot run in containers here; None where it can."""
    try:
        found: str | None = import_module(CONTAINERS).why_not()
    except ImportError as missing:
        return f"the backend for containers needs a package that is not installed: {missing}"
    return found.partition("\n")[0] if found else None
