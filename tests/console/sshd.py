"""A real SSH server for a test: OpenSSH's sshd on loopback, with its own configuration, host key and one known key."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack.console.terminal.config import Target
from stack.eventually import eventually

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
ABSENT = "" if SSHD and shutil.which("ssh-keygen") else "no sshd with ssh-keygen; on Debian: openssh-server"


@dataclass
class Sshd:
    """A server that runs; everything that it would forward is allowed, so that whoever asked for it would get it."""

    folder: Path
    port: int

    @property
    def key(self) -> Path:
        """The private key that it lets in."""
        return self.folder / "client"

    @property
    def host_key(self) -> str:
        """The public key of the host."""
        return (self.folder / "host.pub").read_text(encoding="ascii").strip()

    @property
    def log(self) -> str:
        """What it wrote, each request of its clients included."""
        return (self.folder / "log").read_text(encoding="utf-8")

    def target(self, name: str = "bastion", host_key: str = "") -> Target:
        """The host as the console's configuration describes it."""
        return Target(name, "127.0.0.1", getpass.getuser(), host_key or self.host_key, self.key, self.port)


def new_key(path: Path, kind: str = "ed25519") -> Path:
    """Make a key pair, the public one beside it as `.pub`."""
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "test", "-f", path],  # noqa: S607  # found on PATH by `ABSENT`
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return path


@contextmanager
def running(folder: Path) -> Iterator[Sshd]:
    """Run a server until the block ends."""
    folder.mkdir()
    new_key(folder / "host")
    new_key(folder / "client").with_suffix(".pub").rename(folder / "authorized")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = {
        "ListenAddress": f"127.0.0.1:{port}",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "authorized",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "PermitRootLogin": "yes",
        "AllowAgentForwarding": "yes",
        "AllowTcpForwarding": "yes",
        "X11Forwarding": "yes",
        "PrintMotd": "no",
        "PrintLastLog": "no",
        "LogLevel": "DEBUG2",
    }
    text = "".join(f"{key} {value}\n" for key, value in config.items())
    (folder / "sshd_config").write_text(text, encoding="utf-8")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # root's sshd does not start without it
    assert SSHD is not None
    process = subprocess.Popen(
        [SSHD, "-D", "-f", folder / "sshd_config", "-E", folder / "log"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: _answers(port, process), bool, 30, describe="an SSH server")
        yield Sshd(folder, port)
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"sshd ended with {process.returncode}")
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        return connection.recv(4) == b"SSH-"
