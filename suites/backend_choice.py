"""Which backend a run uses: the one that was asked for, or for `auto` the best that this machine can have."""

from __future__ import annotations

import importlib.util
from importlib import import_module

from suites.options import RUNNABLE

CONTAINERS = "stack.backends.containers"


def choose(option: str) -> str:
    """Return `containers`, `local` or `attached` for a value of `--stack`.

    `auto` takes containers where an engine answers and has the images, or can pull them, else processes.
    """
    if option != "auto":
        return option
    if "containers" not in RUNNABLE:
        return "local"  # services under test are not started in containers yet
    return "local" if why_no_containers() else "containers"


def why_no_containers() -> str | None:
    """Say why the stack cannot run in containers here; None where it can.

    The backend's module says it by its function `why_not()`, which asks the engine and looks for the images.
    """
    if importlib.util.find_spec(CONTAINERS) is None:
        return "there is no backend for containers"
    try:
        found: str | None = import_module(CONTAINERS).why_not()
    except ImportError as missing:
        return f"the backend for containers needs a package that is not installed: {missing}"
    return found
