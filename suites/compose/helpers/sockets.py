"""Which mounts give a service the container engine."""

from stack.records.config.compose import Mount

SOCKETS = ("docker.sock", "podman.sock")


def is_socket(mount: Mount) -> bool:
    """Whether the engine's socket is mounted, also by a variable that is not set; `docker-socket` judges it."""
    return mount.source.endswith(SOCKETS) or (bool(mount.unset) and mount.target.endswith(SOCKETS))
