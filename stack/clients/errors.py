"""Describes why a request failed, in words that name its cause and none of the libraries that noticed it."""

import errno
import os
import re
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
CERTIFICATE = {
    9: "is not valid yet",
    10: "has expired",
    18: "is self-signed",
    19: "is signed by an authority that is not trusted here (its chain ends in a self-signed certificate)",
    20: "is signed by an authority that is not trusted here",
    21: "is signed by an authority that is not trusted here (the server sends no chain)",
    62: "is for other host names",
    64: "is for other addresses",
}
"""What is wrong with a certificate, by OpenSSL's number: https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error."""
HANDSHAKE = {
    "WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE|HTTP_REQUEST|UNEXPECTED_MESSAGE": "what answers does not speak TLS",
    "CERTIFICATE_REQUIRED|BAD_CERTIFICATE|HANDSHAKE_FAILURE": "the server refuses the connection, as one does that "
    "requires a client certificate",
    "PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL": "the server offers only versions of TLS that are too old",
    "UNRECOGNIZED_NAME": "the server does not know the host name",
    "EOF": "the server closed the connection during the TLS handshake",
}
HEAD = {
    "illegal header line": "a header is malformed",
    "illegal status line": "the status line is malformed",
    "bad Content-Length": "Content-Length is not a number",
    "conflicting Content-Length": "there are two Content-Length headers that differ",
    "Transfer-Encoding": "Transfer-Encoding is other than `chunked`",
    "Receive buffer too long": "the headers are longer than 1 MiB",
    "_SWITCH": "it switches to another protocol, which was not requested",
}
"""What is wrong before the body, by what h11 says of it."""
NOT_HTTP = (
    (re.compile(rb"[\x15\x16]\x03[\x00-\x04]"), "it speaks TLS: write `https://`"),
    (re.compile(rb"\x00\x00.\x04\x00"), "it speaks HTTP/2 alone, which Prometheus does not without TLS"),
)
QUOTED = re.compile(r"bytearray\(b(['\"])(.*)\1\)")


def explain(broken: Exception, url: str) -> tuple[ErrorKind, str]:
    """The kind of the failure and what happened, for an exception from connecting to `url` or reading from it."""
    parts = urlsplit(url)
    address = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    if isinstance(broken, socket.gaierror):
        return "connect", f"the name `{parts.hostname}` does not resolve ({broken.strerror or broken})"
    if isinstance(broken, ssl.SSLError):
        return "tls", f"{_tls(broken, parts.hostname or '')} at {address}"
    if isinstance(broken, zlib.error):
        text = str(broken)
        what = "no gzip data" if "incorrect header" in text else "gzip data that is damaged"
        return "gzip", f"Content-Encoding is gzip, but the body is {what}"
    if isinstance(broken, ConnectionError | OSError):
        number = broken.errno or _number(str(broken))
        if number in NO_CONNECTION:
            return "connect", f"{NO_CONNECTION[number]} {address}"
        reason = os.strerror(number) if number else str(broken)
        return "cut", f"the connection was lost ({reason})" if reason else "the connection was lost"
    return "http", str(broken) or type(broken).__name__


def not_http(start: bytes) -> str:
    """Say what answers, by its first bytes, where that is no HTTP."""
    for pattern, what in NOT_HTTP:
        if pattern.match(start):
            return f"what answers is not HTTP: {what}"
    line = start.split(b"\n")[0].strip()
    shown = line.decode("ascii") if line.isascii() and line.decode("ascii").isprintable() else start[:8].hex(" ")
    return f"what answers is not HTTP: it begins with `{shown}`"


def malformed_head(said: str) -> str:
    """Say what is wrong with status line and headers, from what h11 says of it."""
    what = next((text for key, text in HEAD.items() if key in said), "the headers are malformed")
    quoted = QUOTED.search(said)
    return f"{what}: `{quoted[2]}`" if quoted else what


def _tls(broken: ssl.SSLError, host: str) -> str:
    if isinstance(broken, ssl.SSLCertVerificationError):
        what = CERTIFICATE.get(broken.verify_code, f"cannot be verified ({broken.verify_message})")
        asked = f" than `{host}`" if broken.verify_code in (62, 64) else ""
        return f"the server's certificate {what}{asked}"
    reason = broken.reason or str(broken)
    return next((text for key, text in HANDSHAKE.items() if re.search(key, reason)), f"TLS failed ({reason})")


def _number(text: str) -> int | None:
    """The error number in the text of an exception that groups several, one per address of the host."""
    return next((number for number in NO_CONNECTION if f"[Errno {number}]" in text), None)
