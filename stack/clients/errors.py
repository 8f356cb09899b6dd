"""Describes why a request failed."""

import errno
import os
import socket
import ssl
import zlib
from urllib.parse import urlsplit

from stack.records.scrape.scrape import ErrorKind

NO_CONNECTION = {
    errno.ECONNREFUSED: "connection refused at",
    errno.EHOSTUNREACH: "no route to",
    errno.ENETUNREACH: "no network route to",
    errno.ETIMEDOUT: "no answer from",
    errno.EADDRNOTAVAIL: "no local address to reach",
    errno.EMFILE: "too many files are open here to connect to",
}


def explain(broken: Exception, url: str) -> tuple[ErrorKind, str]:
    """The kind of the failure and what happened, for an exception from connecting to `url` or reading from it."""
    parts = urlsplit(url)
    address = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    if isinstance(broken, socket.gaierror):
        return "connect", f"the name `{parts.hostname}` does not resolve ({broken.strerror or broken})"
    if isinstance(broken, ssl.SSLError):
        return "connect", f"TLS failed at {address}: {broken.reason or broken}"
    if isinstance(broken, zlib.error):
        return "broken", f"the gzip data is damaged ({broken})"
    if isinstance(broken, ConnectionError | OSError):
        number = broken.errno or _number(str(broken))
        if number in NO_CONNECTION:
            return "connect", f"{NO_CONNECTION[number]} {address}"
        reason = os.strerror(number) if number else str(broken) or type(broken).__name__
        return "broken", f"the connection was lost ({reason})"
    return "broken", str(broken) or type(broken).__name__


def _number(text: str) -> int | None:
    """The error number in the text of an exception that groups several, one per address of the host."""
    return next((number for number in NO_CONNECTION if f"[Errno {number}]" in text), None)
