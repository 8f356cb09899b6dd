"""How the stack is run. Backends are imported only when chosen: `containers` needs packages that `local` does not."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from stack.backends.base import Backend

BACKENDS = {
    "containers": "stack.backends.containers.backend:ContainersBackend",
    "local": "stack.backends.local.backend:LocalBackend",
    "attached": "stack.backends.attached.backend:AttachedBackend",
}
"""Where each backend's class lives, by the name that `--stack` takes."""


def backend_class(name: str) -> type[Backend]:
    """Import and return the class of a backend.

    Raises:
        ValueError: there is no backend of that name.

    """
    if name not in BACKENDS:
        raise ValueError(f"there is no backend `{name}`; choose one of {', '.join(BACKENDS)}")
    module, _, attribute = BACKENDS[name].partition(":")
    return cast("type[Backend]", getattr(import_module(module), attribute))
