"""Each kind of misbehaving endpoint is one finding of the rule on its cause, and of no other."""

import asyncio
import itertools
from collections.abc import Iterator

import pytest

from fixtures.broken._miniature.loopback_server import Answer, Behaviour, Headers, Server, serving
from tests.metrics import endpoint_kinds, exposition_kinds
from tests.metrics.endpoint_kinds import Kind, http, path_of
from tests.metrics.test_broken_endpoints import collect, red

KINDS = {**endpoint_kinds.KINDS, **exposition_kinds.KINDS}
INNER = (
    "h11",
    "httpx",
    "Remote",
    "bytearray",
    "state=",
    "Error -",
    "incomplete chunked",
    "peer ",
    "zlib",
    "Errno",
    "_ssl",
)
"""Words of the libraries that notice a failure; none belongs into a message."""


def behaviour(kind: Kind) -> Behaviour:
    numbers = itertools.count()

    async def answer(headers: Headers) -> Answer:
        number = next(numbers)
        if callable(kind.answer):
            return kind.answer(headers, number)
        return kind.answer if isinstance(kind.answer, bytes) else http(kind.answer)

    return answer


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(
        {f"/{number}": behaviour(kind) for number, kind in enumerate(KINDS.values())}
        | {
            f"/{path_of(name)}": behaviour(kind)
            for name, kind in KINDS.items()
            if name.startswith(("http", "redirect"))
        }
    ) as running:
        yield running


@pytest.mark.parametrize(("number", "kind"), tuple(enumerate(KINDS.values())), ids=KINDS)
def test_a_kind_is_one_finding(server: Server, number: int, kind: Kind) -> None:
    found = red(asyncio.run(collect(server.url(str(number)), timeout_s=5.0)))
    assert found.keys() == ({f"metrics/{kind.rule}"} if kind.rule else set()), found
    for messages in found.values():
        assert kind.says in messages[0]
        assert not [word for word in INNER for message in messages if word in message]
