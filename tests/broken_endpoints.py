"""A metrics endpoint that misbehaves in every way we know of: one path, one way."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import zlib
from collections.abc import AsyncIterator, Iterator

from tests.loopback_server import Answer, Behaviour, Headers

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
LINES = "# HELP app_jobs Jobs that wait.\n# TYPE app_jobs gauge\napp_jobs 3\n"
LOGIN_PAGE = "<!DOCTYPE html><html><title>Sign in</title></html>\n"

BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(function: Behaviour) -> Behaviour:
    BEHAVIOURS["/" + function.__name__.replace("_", "-")] = function
    return function


async def once(*bodies: bytes | str) -> AsyncIterator[bytes]:
    for body in bodies:
        yield body.encode() if isinstance(body, str) else body


def text(body: str | bytes, content_type: str = TEXT, **headers: str) -> Answer:
    length = len(body.encode() if isinstance(body, str) else body)
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    return 200, {"Content-Type": content_type, "Content-Length": str(length), **extra}, once(body)


@behaviour
async def good(asked: Headers) -> Answer:
    """Negotiates and compresses as it should."""
    openmetrics = asked.get("accept", "").startswith("application/openmetrics-text")
    body = LINES + "# EOF\n" if openmetrics else LINES
    kind = OPENMETRICS if openmetrics else TEXT
    if "gzip" in asked.get("accept-encoding", ""):
        return text(gzip.compress(body.encode()), kind, Content_Encoding="gzip")
    return text(body, kind)


@behaviour
async def slow_but_fine(asked: Headers) -> Answer:
    await asyncio.sleep(0.3)
    return await good(asked)


@behaviour
async def hang(_: Headers) -> Answer:
    await asyncio.sleep(3600)
    raise AssertionError


@behaviour
async def status_500(_: Headers) -> Answer:
    return 500, {"Content-Type": "text/plain"}, once("Traceback (most recent call last): …\n")


@behaviour
async def html(_: Headers) -> Answer:
    return text("<!DOCTYPE html><html><h1>It works!</h1></html>\n", "text/html; charset=utf-8")


@behaviour
async def html_as_text(_: Headers) -> Answer:
    return text("<!DOCTYPE html><html><h1>It works!</h1></html>\n")


@behaviour
async def login(_: Headers) -> Answer:
    return 302, {"Location": "/login-page?next=/metrics"}, once()


@behaviour
async def login_page(_: Headers) -> Answer:
    return text(LOGIN_PAGE, "text/html")


@behaviour
async def loop(_: Headers) -> Answer:
    return 302, {"Location": "/loop-back"}, once()


@behaviour
async def loop_back(_: Headers) -> Answer:
    return 302, {"Location": "/loop"}, once()


@behaviour
async def other_host(_: Headers) -> Answer:
    return 302, {"Location": "http://192.0.2.1/metrics"}, once()


@behaviour
async def slash(_: Headers) -> Answer:
    return 307, {"Location": "/good"}, once()


@behaviour
async def flood(_: Headers) -> Answer:
    """200 MB, told in advance."""
    chunk = (LINES * (65536 // len(LINES))).encode()
    count = 200_000_000 // len(chunk)
    return 200, {"Content-Type": TEXT, "Content-Length": str(count * len(chunk))}, repeat(chunk, count)


async def repeat(chunk: bytes, count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield chunk


@behaviour
async def noise(_: Headers) -> Answer:
    return text(bytes(i * 197 % 256 for i in range(50_000)))


@behaviour
async def drip(_: Headers) -> Answer:
    async def drops() -> AsyncIterator[bytes]:
        for byte in itertools.cycle(LINES.encode()):
            yield bytes([byte])
            await asyncio.sleep(0.05)

    return 200, {"Content-Type": TEXT}, drops()


@behaviour
async def bomb(_: Headers) -> Answer:
    """A few hundred kilobytes that unpack to 200 MB."""
    return 200, {"Content-Type": TEXT, "Content-Encoding": "gzip"}, packed(200)


async def packed(megabytes: int) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(9, wbits=31)
    megabyte = (LINES * (1_000_000 // len(LINES))).encode()
    for _ in range(megabytes):
        yield packer.compress(megabyte)
        await asyncio.sleep(0)
    yield packer.flush()


@behaviour
async def million(_: Headers) -> Answer:
    """A million series."""

    def chunks() -> Iterator[bytes]:
        yield b"# HELP app_jobs Jobs.\n# TYPE app_jobs gauge\n"
        for start in range(0, 1_000_000, 5000):
            yield b"".join(b'app_jobs{queue="q%d"} 1\n' % number for number in range(start, start + 5000))

    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks():
            yield chunk

    return 200, {"Content-Type": TEXT}, body()


@behaviour
async def no_type(_: Headers) -> Answer:
    return 200, {}, once(LINES)


@behaviour
async def json_type(_: Headers) -> Answer:
    return text(LINES, "application/json")


@behaviour
async def only_openmetrics(_: Headers) -> Answer:
    return text(LINES + "# EOF\n", OPENMETRICS)


@behaviour
async def half(_: Headers) -> Answer:
    return 200, {"Content-Type": TEXT, "Content-Length": "1000"}, once(LINES)


@behaviour
async def half_gzip(_: Headers) -> Answer:
    return text(gzip.compress(LINES.encode())[:-12], TEXT, Content_Encoding="gzip")


@behaviour
async def damaged_gzip(_: Headers) -> Answer:
    return text(b"\x1f\x8b not gzip at all", TEXT, Content_Encoding="gzip")


@behaviour
async def always_gzip(_: Headers) -> Answer:
    return text(gzip.compress(LINES.encode()), TEXT, Content_Encoding="gzip")


@behaviour
async def brotli(_: Headers) -> Answer:
    return text(b"\x0b\x02\x80abc\x03", TEXT, Content_Encoding="br")


@behaviour
async def never_gzip(_: Headers) -> Answer:
    more = "".join(f'app_queue_jobs{{queue="q{number}"}} 1\n' for number in range(60))
    return text(LINES + "# HELP app_queue_jobs Jobs by queue.\n# TYPE app_queue_jobs gauge\n" + more)


@behaviour
async def nothing(_: Headers) -> Answer:
    return text("")


@behaviour
async def falling(_: Headers) -> Answer:
    value = 100 - next(COUNTS)
    return text(f"# HELP app_jobs_total Jobs.\n# TYPE app_jobs_total counter\napp_jobs_total {value}\n")


COUNTS = itertools.count()
BUSY: list[int] = []


@behaviour
async def one_at_a_time(asked: Headers) -> Answer:
    """Fails when it is scraped twice at the same moment."""
    if asked.get("accept", "").startswith("application/openmetrics-text;"):
        BUSY.append(1)
        await asyncio.sleep(0.05)
        crowded = len(BUSY) > 1
        BUSY.pop()
        if crowded:
            return 503, {"Content-Type": "text/plain"}, once("busy\n")
    return text(LINES)
