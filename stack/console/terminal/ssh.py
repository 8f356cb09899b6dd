"""One shell on one host over SSH; the only module that imports asyncssh, which the rest of the console does without.

Nothing of this machine goes along: no agent, no forwarded port, no X11, no configuration file, no environment.
"""

import asyncio
import codecs
import contextlib
from dataclasses import dataclass

import asyncssh

from stack.console.problems import Problem
from stack.console.terminal.config import Target

CONNECT_S = 15.0
"""How long a host may take until the shell is there, in seconds."""
KEEPALIVE_S = 15
CLOSE_S = 5.0
"""How long a host may take to say how a shell ended, in seconds."""
PIECE = 16 * 1024


@dataclass
class Shell:
    """A shell that runs."""

    _connection: asyncssh.SSHClientConnection
    _process: "asyncssh.SSHClientProcess[bytes]"

    def __post_init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    async def read(self) -> str | None:
        """Wait for output; None at its end. While nothing reads, the host waits."""
        try:
            piece = await self._process.stdout.read(PIECE)
        except (OSError, asyncssh.Error):
            piece = b""
        if not piece:
            # The status comes behind the end of the output.
            with contextlib.suppress(TimeoutError, OSError, asyncssh.Error):
                async with asyncio.timeout(CLOSE_S):
                    await self._process.wait_closed()
            return None
        return self._decoder.decode(piece)

    async def write(self, text: str) -> None:
        """Send input; waits while the host takes none."""
        try:
            self._process.stdin.write(text.encode("utf-8", "replace"))
            await self._process.stdin.drain()
        except (OSError, asyncssh.Error):
            return  # it ended meanwhile, which whoever reads learns

    def resize(self, cols: int, rows: int) -> None:
        """Tell the host how large the terminal is, in characters."""
        try:
            self._process.change_terminal_size(cols, rows)
        except (OSError, asyncssh.Error):
            return  # likewise

    @property
    def status(self) -> int | None:
        """How the shell ended; None where it was cut off, or a signal ended it."""
        return None if self._process.exit_signal else self._process.exit_status

    def abort(self) -> None:
        """End it now."""
        self._connection.abort()


async def open_shell(target: Target, cols: int, rows: int) -> Shell:
    """Sign in on a host that has the pinned key, and start the account's shell.

    Raises:
        Problem: 502 with the reason: the host cannot be reached, has another key, or refuses the account; 500 for a
            key of ours that cannot be used.

    """
    try:
        pinned = asyncssh.import_public_key(target.host_key)
        private = asyncssh.read_private_key(target.private_key)
    except (OSError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        # What asyncssh says of a key may quote it.
        reason = "unreadable, with a passphrase, or of a kind that is not known"
        raise Problem(500, f"the host key or the private key of {target.name} cannot be used: {reason}") from None
    client = _Pinned(pinned)
    # The pinned kind first; the others too, so that a host without it shows which key it has instead.
    kinds = ",".join(kind.decode() for kind in pinned.sig_algorithms)
    try:
        async with asyncio.timeout(CONNECT_S):
            connection, _ = await asyncssh.create_connection(
                lambda: client,
                target.host,
                target.port,
                username=target.user,
                client_keys=[private],
                known_hosts=([], [], []),
                server_host_key_algs=f"^{kinds}",
                config=None,
                agent_path=None,
                agent_forwarding=False,
                preferred_auth="publickey",
                password_auth=False,
                kbdint_auth=False,
                host_based_auth=False,
                gss_auth=False,
                gss_kex=False,
                keepalive_interval=KEEPALIVE_S,
            )
            try:
                process = await connection.create_process(
                    term_type="xterm-256color", term_size=(cols, rows), encoding=None, stderr=asyncssh.STDOUT
                )
            except BaseException:
                connection.abort()
                raise
    except TimeoutError:
        raise Problem(502, f"{target.name} did not answer within {CONNECT_S:.0f} s") from None
    except asyncssh.HostKeyNotVerifiable:
        raise _host_key_changed(target, pinned.get_fingerprint(), client.shown) from None
    except asyncssh.PermissionDenied:
        raise Problem(502, f"{target.name} does not let {target.user} in with this private key") from None
    except (OSError, asyncssh.Error) as error:
        raise Problem(502, f"{target.name} cannot be reached: {error}"[:300]) from None
    return Shell(connection, process)


class _Pinned(asyncssh.SSHClient):
    """Accepts one host key."""

    def __init__(self, pinned: asyncssh.SSHKey) -> None:
        self._pinned, self.shown = pinned, "a certificate"

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002  # asyncssh's interface
        self.shown = key.get_fingerprint()
        return key.public_data == self._pinned.public_data


def _host_key_changed(target: Target, pinned: str, shown: str) -> Problem:
    return Problem(
        502,
        f"refused: {target.name} has another host key than the pinned one: {shown} instead of {pinned}. Someone may be "
        "in between; only if the host was set up anew, put its new key into the file of CONSOLE_TERMINAL_FILE",
    )
