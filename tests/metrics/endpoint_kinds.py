"""Metrics endpoints that misbehave, by kind: what each answers, the one rule that it breaks, and words of the message.

Bytes are an answer as it goes over the connection, text is a body in the text format, and a function gets the headers
of the request and how often the endpoint was asked before.
"""

import gzip
import struct
import zlib
from collections.abc import Callable
from typing import NamedTuple

from fixtures.broken._miniature.endpoints import OPENMETRICS, TEXT
from fixtures.broken._miniature.loopback_server import Headers

PROTOBUF = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
LINES = (
    "# HELP app_jobs Jobs that wait.\n# TYPE app_jobs gauge\napp_jobs 3\n"
    '# HELP app_build_info What runs.\n# TYPE app_build_info gauge\napp_build_info{version="1.0.0"} 1\n'
)
BYTES = LINES.encode()
STATES = '# TYPE app_state stateset\napp_state{app_state="up"} 1\n'
DONE = "# HELP app_done Jobs that were done.\n# TYPE app_done counter\napp_done_total 1\n"
UNCOUNTED = '# HELP app_s Time per job.\n# TYPE app_s histogram\napp_s_bucket{le="+Inf"} 1\napp_s_sum 1\n'


def http(body: str | bytes = LINES, kind: str = TEXT, status: str = "200 OK", **headers: str) -> bytes:
    """An answer with Content-Length; `headers` are added or replace what is usual, empty ones are left out."""
    raw = body.encode() if isinstance(body, str) else body
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {"Content-Type": kind, "Content-Length": str(len(raw)), **given}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in fields.items() if value), "", ""]
    return "\r\n".join(lines).encode() + raw


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """An answer in chunks."""
    head = http(b"", Content_Length="", Transfer_Encoding="chunked")
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + end


def until_closed(body: str, kind: str = TEXT) -> bytes:
    """An answer whose body ends with the connection."""
    return http(body, kind, Content_Length="", Connection="close")


def openmetrics(body: str) -> "Scripted":
    """An endpoint that answers this body to those who ask for OpenMetrics."""
    return lambda headers, _: http(body, OPENMETRICS) if "openmetrics" in headers["accept"] else http()


def sometimes(answer: bytes, when: Callable[[int], bool]) -> "Scripted":
    """An endpoint that answers otherwise now and then, by the number of the scrape."""
    return lambda _, number: answer if when(number) else http()


def in_text(answer: bytes | str, otherwise: str = LINES) -> "Scripted":
    """An endpoint that answers OpenMetrics, and otherwise to those who ask for the text format."""
    raw = http(answer) if isinstance(answer, str) else answer
    usual = http(otherwise + "# EOF\n", OPENMETRICS)
    return lambda headers, _: raw if headers["accept"].startswith("text/plain") else usual


def later(answer: bytes) -> "Scripted":
    """An endpoint that answers well once and never again."""
    return sometimes(answer, lambda number: number > 0)


def asked(accept: str, answer: bytes) -> "Scripted":
    """An endpoint that answers otherwise to one `Accept`."""
    return lambda headers, _: answer if headers["accept"] == accept else http()


Scripted = Callable[[Headers, int], bytes]


class Kind(NamedTuple):
    """What an endpoint answers, the rule that it breaks (None: no MUST), and words of the one finding."""

    answer: bytes | str | Scripted
    rule: str | None = None
    says: str = ""


def message(field: int, content: bytes) -> bytes:
    """A field of a protobuf message, shorter than 128 bytes."""
    return bytes([field << 3 | 2, len(content)]) + content


FAMILY = (
    message(1, b"app_jobs")
    + message(2, b"Jobs.")
    + b"\x18\x01"
    + message(4, message(2, b"\x09" + struct.pack("<d", 3)))
)
IN_PROTOBUF = bytes([len(FAMILY)]) + FAMILY
BUSY = http("busy\n", "text/plain", "503 Service Unavailable")
PAGE = http("<!doctype html><html>Hello</html>", "text/html")
REACHABLE, STATUS, REDIRECT = "endpoint-reachable", "endpoint-status-ok", "endpoint-redirects-resolve"
ENCODING, KNOWN, NEGOTIATED = "no-unrequested-encoding", "content-type-known", "accept-negotiated"


def moved(to: str) -> bytes:
    """A redirect."""
    return http(b"", "text/plain", "302 Found", Location=to)


HTTP = {
    "closes at once": Kind(b"", REACHABLE, "complete answer: the server closed the connection without an answer"),
    "ssh": Kind(b"SSH-2.0-OpenSSH_9.2\r\n", REACHABLE, "is not HTTP: it begins with `SSH-2.0-OpenSSH_9.2`"),
    "redis": Kind(b"-ERR unknown command 'GET'\r\n", REACHABLE, "begins with `-ERR unknown command 'GET'`"),
    "bytes": Kind(b"\x01\x02\xff", REACHABLE, "begins with `01 02 ff`"),
    "tls alert": Kind(b"\x15\x03\x01\x00\x02\x02\x46", REACHABLE, "it speaks TLS"),
    "http/2": Kind(b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00", REACHABLE, "speaks HTTP/2 alone"),
    "no head": Kind(BYTES, REACHABLE, "is not HTTP: it begins with `# HELP app_jobs Jobs that wait.`"),
    "head cut": Kind(b"HTTP/1.1 200 OK\r\nContent-Type: te", REACHABLE, "in the middle of the headers"),
    "no colon": Kind(b"HTTP/1.1 200 OK\r\nA b\r\n\r\na 1\n", REACHABLE, "a header is malformed: `A b`"),
    "a word as status": Kind(b"HTTP/1.1 OK\r\n\r\na 1\n", REACHABLE, "the status line is malformed: `HTTP/1.1 OK`"),
    "a word as length": Kind(http(Content_Length="many"), REACHABLE, "Content-Length is not a number"),
    "two lengths": Kind(
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 9\r\n\r\na 1", REACHABLE, "two Content-Length headers"
    ),
    "websocket": Kind(
        b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", REACHABLE, "switches"
    ),
    "transfer coding": Kind(http(Content_Length="", Transfer_Encoding="gzip"), REACHABLE, "other than `chunked`"),
    "huge head": Kind(http(X_Big="a" * 2_000_000), REACHABLE, "longer than 1 MiB"),
    "large head": Kind(http(X_Big="a" * 60_000)),
    "too short": Kind(
        http(Content_Length="1000"), REACHABLE, f"after {len(BYTES)} of the 1000 bytes that Content-Length"
    ),
    "too long": Kind(http(Content_Length="65"), REACHABLE, "the body goes on after the 65 bytes"),
    "last chunk missing": Kind(
        chunked(BYTES[:40], end=b""), REACHABLE, "after 40 bytes of the body, before its last chunk"
    ),
    "chunk cut": Kind(chunked(BYTES[:40], end=b"ff\r\nabc"), REACHABLE, "after 43 bytes of the body, before"),
    "chunk without a size": Kind(chunked(BYTES[:40], end=b"zz\r\nabc"), REACHABLE, "a chunk is malformed"),
    "chunks": Kind(chunked(BYTES[:40], BYTES[40:])),
    "trailer": Kind(chunked(BYTES, end=b"0\r\nX-Sum: 1\r\n\r\n")),
    "early hints": Kind(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + http()),
    "http 1.0": Kind(until_closed(LINES).replace(b"HTTP/1.1", b"HTTP/1.0")),
    "line feeds alone": Kind(http().replace(b"\r\n", b"\n")),
    "no content": Kind(http(b"", "text/plain", "204 No Content", Content_Length=""), STATUS, "status 204 No Content"),
    "login": Kind(http(b"", "text/plain", "401 Unauthorized"), STATUS, "answers status 401 Unauthorized"),
    "to tls": Kind(
        http("Client sent an HTTP request to an HTTPS server.\n", "text/plain", "400 Bad Request"), STATUS, "400"
    ),
    "no address": Kind(http(b"", "text/plain", "302 Found"), STATUS, "answers status 302 Found"),
}

REDIRECTS = {
    "dead port": Kind(
        moved("http://127.0.0.1:9/metrics"), REDIRECT, "`http://127.0.0.1:9/metrics`: connection refused at"
    ),
    "other host": Kind(moved("http://192.0.2.1/metrics"), REDIRECT, "redirects to another host"),
    "not found": Kind(moved("/missing"), REDIRECT, "redirects to `/missing`, which answers status 404"),
    "missing": Kind(http("no", "text/plain", "404 Not Found"), STATUS, "status 404"),
    "closes": Kind(moved("/closes-at-once"), REDIRECT, "`/closes-at-once`: the server closed the connection"),
    "a page": Kind(moved("/page"), REDIRECT, "redirects to a web page: `/page`"),
    "page": Kind(PAGE, KNOWN, "the answer is a web page"),
    "sign in": Kind(moved("/oauth2/start"), REDIRECT, "redirects to a login page: `/oauth2/start`"),
    "oauth2/start": Kind(http("who?", "text/plain", "401 Unauthorized"), STATUS, "status 401"),
    "bad port": Kind(moved("http://127.0.0.1:99999/"), REDIRECT, "is not an http or https URL"),
}

ENCODINGS = {
    "br": Kind(
        http(b"\x0b\x02\x80abc\x03", Content_Encoding="br"), ENCODING, "asked for encoding `gzip`, the endpoint"
    ),
    "deflate": Kind(http(zlib.compress(BYTES), Content_Encoding="deflate"), ENCODING, "answers `deflate`"),
    "zstd": Kind(http(b"\x28\xb5\x2f\xfd\x04\x00abc", Content_Encoding="zstd"), ENCODING, "answers `zstd`"),
    "twice": Kind(http(gzip.compress(BYTES), Content_Encoding="gzip, gzip"), ENCODING, "answers `gzip, gzip`"),
    "a charset": Kind(http(Content_Encoding="utf-8"), ENCODING, "answers `utf-8`"),
    "br to identity": Kind(
        lambda headers, _: http() if "gzip" in headers["accept-encoding"] else http(b"abc", Content_Encoding="br"),
        ENCODING,
        "asked for encoding `identity`, the endpoint answers `br`",
    ),
    "br sometimes": Kind(
        sometimes(http(b"abc", Content_Encoding="br"), lambda n: n % 3 == 0), ENCODING, "answers `br`"
    ),
    "br later": Kind(later(http(b"abc", Content_Encoding="br")), ENCODING, "answers `br`"),
    "br in a crowd": Kind(sometimes(http(b"abc", Content_Encoding="br"), lambda n: n == 6), ENCODING, "answers `br`"),
    "said, not done": Kind(
        http(Content_Encoding="gzip"), REACHABLE, "Content-Encoding is gzip, but the body is no gzip"
    ),
    "done twice": Kind(
        lambda headers, _: (
            http(gzip.compress(gzip.compress(BYTES)), Content_Encoding="gzip")
            if "gzip" in headers["accept-encoding"]
            else http()
        ),
        "parsable",
        "the body is gzip data that was not decompressed",
    ),
    "done, not said": Kind(http(gzip.compress(BYTES)), "parsable", "the body is gzip data that was not decompressed"),
    "gzip cut": Kind(
        http(gzip.compress(BYTES)[:-12], Content_Encoding="gzip"), REACHABLE, "the gzip data ends too early"
    ),
    "wrong sum": Kind(
        http(gzip.compress(BYTES)[:-8] + bytes(8), Content_Encoding="gzip"), REACHABLE, "data that is damaged"
    ),
    "identity": Kind(http(Content_Encoding="identity")),
}

SOMETIMES = {
    **{
        f"scrape {bad} fails": Kind(sometimes(BUSY, lambda n, bad=bad: n == bad), STATUS, "Unavailable, in 1 of ")  # type: ignore[misc]  # mypy does not see the default
        for bad in (1, 2, 3, 5, 8)
    },
    "the first fails": Kind(sometimes(BUSY, lambda n: n == 0), STATUS, "in 1 of 11 scrapes"),
    "every second fails": Kind(sometimes(BUSY, lambda n: n % 2 == 0), STATUS, "Unavailable, in "),
    "closes sometimes": Kind(sometimes(b"", lambda n: n % 4 == 0), REACHABLE, "without an answer, in "),
    "cut sometimes": Kind(sometimes(http(Content_Length="999"), lambda n: n % 4 == 0), REACHABLE, "announces, in "),
    "a page sometimes": Kind(sometimes(PAGE, lambda n: n % 4 == 3), KNOWN, "the answer is a web page"),
    "a page later": Kind(later(PAGE), KNOWN, "the answer is a web page"),
    "a page as text later": Kind(later(http("<html>Hello</html>")), "parsable", "the body is an HTML page"),
    "json later": Kind(later(http("{}", "application/json")), KNOWN, "of type `application/json`"),
    "a limit": Kind(sometimes(http(b"", "text/plain", "429 Too Many"), lambda n: n > 3), STATUS, "429 Too Many, in "),
    "dies": Kind(sometimes(b"", lambda n: n > 0), REACHABLE, "closed the connection without an answer"),
}

NEGOTIATION = {
    "406 to openmetrics": Kind(
        asked("application/openmetrics-text", http(b"", "text/plain", "406 Not Acceptable")), NEGOTIATED, "status 406"
    ),
    "500 to text": Kind(
        asked("text/plain;version=0.0.4", http(b"", "text/plain", "500 Error")), NEGOTIATED, "status 500"
    ),
    "a page to anything": Kind(asked("*/*", PAGE), KNOWN, "a web page"),
    "protobuf alone": Kind(
        http(IN_PROTOBUF, PROTOBUF), NEGOTIATED, "asked for `text/plain;version=0.0.4` and for `app"
    ),
    "protobuf later": Kind(
        later(http(IN_PROTOBUF, PROTOBUF)), NEGOTIATED, "asked for `text/plain;version=0.0.4` and for `app"
    ),
    "protobuf preferred": Kind(
        lambda headers, _: http(IN_PROTOBUF, PROTOBUF) if "*/*" in headers["accept"] else http(), None
    ),
    "protobuf as text": Kind(http(IN_PROTOBUF), "parsable", "the body is metrics in protobuf, not an exposition"),
    "protobuf as bytes": Kind(http(IN_PROTOBUF, "application/octet-stream"), KNOWN, "`application/octet-stream`"),
    "json as json": Kind(http("{}", "application/json"), KNOWN, "of type `application/json`"),
    "no version": Kind(
        lambda headers, _: (
            http(LINES + "# EOF\n", "application/openmetrics-text") if "openmetrics" in headers["accept"] else http()
        ),
        "openmetrics-content-type",
        "no `version=1.0.0` and no `charset=utf-8`",
    ),
    "openmetrics 2": Kind(
        lambda headers, _: (
            http(LINES + "# EOF\n", OPENMETRICS.replace("1.0.0", "2.0.0"))
            if "openmetrics" in headers["accept"]
            else http()
        ),
        "openmetrics-content-type",
        "`version=2.0.0` instead of `version=1.0.0`",
    ),
    "a page as text": Kind(
        in_text("<html>Hello</html>"),
        "parsable",
        "is an HTML page, not an exposition, when asked for `text/plain;version=",
    ),
    "json to text": Kind(in_text(http("{}", "application/json")), KNOWN, "of type `application/json`"),
    "protobuf to text": Kind(in_text(http(IN_PROTOBUF, PROTOBUF)), NEGOTIATED, "`application/vnd.google.protobuf"),
    "exemplars in text": Kind(
        in_text(LINES.replace(" 3", ' 3 # {trace_id="a"} 1')),
        "parsable",
        "an exemplar, which this format does not have",
    ),
    "a word in text": Kind(in_text(LINES.replace(" 3", " true")), "numbers", "`true` in a sample of `app_jobs`"),
    "a word in both": Kind(
        in_text(LINES.replace(" 3", " true"), LINES.replace(" 3", " true")), "numbers", "is not a valid number"
    ),
    "twice in text": Kind(in_text(LINES + "a_x 1\na_x 1\n"), "duplicate-series", "series `a_x` is exposed more than"),
    "a count in neither": Kind(
        in_text(LINES + UNCOUNTED, LINES + UNCOUNTED),
        "openmetrics-histogram-count-iff-sum",
        "`app_s` has `_sum` but no `_count`",
    ),
    "openmetrics as text": Kind(in_text(LINES + STATES + "# EOF\n", LINES + STATES), "known-type", "`stateset`"),
    "a counter of openmetrics as text": Kind(
        in_text(LINES + STATES + DONE + "# EOF\n", LINES + STATES + DONE), "known-type", "`stateset`"
    ),
    "text as openmetrics to one": Kind(
        asked("application/openmetrics-text", http(LINES + DONE.replace("done c", "done_total c"), OPENMETRICS)),
        NEGOTIATED,
        "asked for `application/openmetrics-text`, the endpoint answers the text format as `application/open",
    ),
    "text as openmetrics to text": Kind(
        in_text(http(LINES + DONE.replace("done c", "done_total c"), OPENMETRICS)),
        NEGOTIATED,
        "asked for `text/plain;version=0.0.4`, the endpoint answers the text format as",
    ),
    "two types": Kind(http(content_type="text/html"), KNOWN, f"two Content-Type headers, `{TEXT}` and `text/html`"),
    "one type twice": Kind(http(content_type=TEXT)),
    "prometheus alone": Kind(
        lambda headers, _: http() if headers["user-agent"].startswith("Prometheus/") else http("", status="403 No")
    ),
    "latin-1": Kind(
        http("# HELP a_jobs Größe.\na_jobs 1\n".encode("latin-1"), "text/plain; charset=iso-8859-1"), "utf-8", "0xF6"
    ),
}

KINDS = {
    f"{group}: {name}": kind
    for group, kinds in (
        ("http", HTTP),
        ("redirect", REDIRECTS),
        ("encoding", ENCODINGS),
        ("sometimes", SOMETIMES),
        ("accept", NEGOTIATION),
    )
    for name, kind in kinds.items()
}


def path_of(name: str) -> str:
    """The path of a kind: without its group, and with hyphens."""
    return name.partition(": ")[2].replace(" ", "-")
