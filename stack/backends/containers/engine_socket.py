"""A view of the engine's socket that shows one project's containers and lets nobody change anything.

The log agent finds containers by the engine's socket, and would collect the logs of every container of the machine,
those of other runs included. So that runs do not see each other, the socket that is mounted into its container is
this one: it passes on the few questions that an agent asks, adds to the listing of containers that only this
project's are meant, and refuses everything else. On its standard output it says whose log is being followed.

The file is run as a script, as a process of its own, so it imports nothing but the standard library.
"""

import asyncio
import contextlib
import json
import re
import sys
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

LABEL = "com.docker.compose.project"
HEAD_LIMIT = 64 * 1024
CHUNK = 64 * 1024

LISTING = re.compile(r"^(/v[\d.]+)?/(libpod/)?containers/json$")
PASSED = re.compile(
    r"^(/v[\d.]+)?/(libpod/)?(_ping|version|info|networks|containers/json|containers/[\w.-]+/(json|logs))$"
)
"""What an agent asks: who is there, their networks, one container, its logs."""
FOLLOWING = re.compile(r"^GET \S*/containers/([\w.-]+)/logs\?\S*\bfollow=(?:1|true)\b")
REFUSAL = (
    b"HTTP/1.1 501 Not Implemented\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%b"
)
"""Not a 403, which is what the stack's filter before it says: what that lets through is then seen as let through."""


def narrowed(line: str, project: str) -> str | None:
    """Rewrite a request line so that it speaks of one project; None for what is refused."""
    method, _, rest = line.partition(" ")
    target, _, protocol = rest.rpartition(" ")
    parts = urlsplit(target)
    if method not in ("GET", "HEAD") or not protocol.startswith("HTTP/1.") or not PASSED.match(parts.path):
        return None
    if not LISTING.match(parts.path):
        return line
    query = parse_qs(parts.query, keep_blank_values=True)
    try:
        filters = json.loads(query.pop("filters", ["{}"])[-1])
        labels = filters.get("label", [])
    except (ValueError, AttributeError):
        return None
    # Two forms are in use: a list of values, and an object of value to true.
    known = [name for name, wanted in labels.items() if wanted] if isinstance(labels, dict) else list(labels)
    others = {
        key: [name for name, wanted in value.items() if wanted] if isinstance(value, dict) else value
        for key, value in filters.items()
    }
    filters = {**others, "label": [*known, f"{LABEL}={project}"]}
    pairs = [f"{name}={quote(value)}" for name, values in query.items() for value in values]
    return f"{method} {parts.path}?{'&'.join([*pairs, f'filters={quote(json.dumps(filters))}'])} {protocol}"


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Copy until either side ends."""
    with contextlib.suppress(OSError):
        while chunk := await source.read(CHUNK):
            sink.write(chunk)
            await sink.drain()


class View:
    """Serves one project's view of the engine at the socket `upstream`."""

    def __init__(self, upstream: str, project: str) -> None:
        self.upstream = upstream
        self.project = project

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection's requests on; the answers come back as they are."""
        ends, tasks = [writer], []
        try:
            source, onward = await asyncio.open_unix_connection(self.upstream, limit=HEAD_LIMIT)
            ends.append(onward)
            tasks = [
                asyncio.create_task(_pump(source, writer)),
                asyncio.create_task(self._requests(reader, writer, onward)),
            ]
            # Whoever hangs up first ends it for both: an agent leaves in the middle of a log that it follows.
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass  # the engine is away: the agent sees the connection closed, and tries again
        finally:
            for task in tasks:
                task.cancel()
            for end in ends:
                end.close()

    async def _requests(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, onward: asyncio.StreamWriter
    ) -> None:
        while head := await self._head(reader):
            line, _, rest = head.partition(b"\r\n")
            changed = narrowed(line.decode("latin-1"), self.project)
            if changed is None or re.search(rb"(?im)^(transfer-encoding|upgrade):|^content-length: *[1-9]", rest):
                said = json.dumps({"message": f"not for a log agent: {line.decode('latin-1')}"}).encode()
                writer.write(REFUSAL % (len(said), said))
                await writer.drain()
                return
            if followed := FOLLOWING.match(changed):
                print(followed[1], flush=True)  # noqa: T201  # the program's output
            onward.write(changed.encode("latin-1") + b"\r\n" + rest)
            await onward.drain()

    @staticmethod
    async def _head(reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.readuntil(b"\r\n\r\n")
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return b""


async def _main(path: Path, upstream: str, project: str) -> None:
    # A path that is relative to the working directory: those of sockets must be shorter than those of files.
    fresh = path.with_suffix(".new")
    server = await asyncio.start_unix_server(View(upstream, project).serve, fresh, limit=HEAD_LIMIT)
    # The agent is root without capabilities in its container, so it gets in as everybody does; the folder is ours.
    fresh.chmod(0o666)
    fresh.rename(path)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
