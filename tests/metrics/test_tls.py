"""Metrics endpoints behind TLS: what is wrong with a certificate is named, and one's own authority can be trusted."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures.broken._miniature.endpoints import BEHAVIOURS
from fixtures.broken._miniature.loopback_server import serving
from stack.clients.http import CA_VARIABLE
from suites.run.options import trust
from tests.metrics.test_broken_endpoints import collect, red
from tests.support.certificates import HERE, Authority

ELSEWHERE = "subjectAltName=DNS:metrics.example.com"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusting(authority: Authority, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Trusts files of the authority's folder as a run with `--ca-file` does, until the test ends."""
    cleanups: list[Callable[[], object]] = []
    config: Any = SimpleNamespace(add_cleanup=cleanups.append)
    yield lambda *names: trust(config, [authority.folder / name for name in names], tmp_path)
    for cleanup in cleanups:
        cleanup()


def found(certificate: Path, *, client: bool = False) -> dict[str, list[str]]:
    """The findings on a sound endpoint behind this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    if client:
        context.verify_mode = ssl.CERT_REQUIRED
    with serving(BEHAVIOURS, context) as server:
        return red(asyncio.run(collect(server.url("good"), timeout_s=10.0)))


CERTIFICATES: dict[str, tuple[Callable[[Authority], Path], str]] = {
    "self-signed": (lambda one: one.itself("alone", HERE), "the server's certificate is self-signed at 127.0.0.1:"),
    "unknown authority": (
        lambda one: one.signed("unknown", "20200101000000Z", "20900101000000Z"),
        "the server's certificate is signed by an authority that is not trusted here at",
    ),
}
TRUSTED: dict[str, tuple[Callable[[Authority], Path], str]] = {
    "expired": (
        lambda one: one.signed("expired", "20200101000000Z", "20210101000000Z"),
        "the server's certificate has expired at",
    ),
    "not valid yet": (
        lambda one: one.signed("early", "20890101000000Z", "20900101000000Z"),
        "the server's certificate is not valid yet at",
    ),
    "another name": (
        lambda one: one.itself("other", ELSEWHERE),
        "the server's certificate is for other addresses than `127.0.0.1` at",
    ),
    "sound": (lambda one: one.signed("sound", "20200101000000Z", "20900101000000Z"), ""),
    "trusted by itself": (lambda one: one.itself("mine", HERE), ""),
}


@pytest.mark.parametrize(("make", "expected"), CERTIFICATES.values(), ids=CERTIFICATES)
def test_what_nobody_signed_is_named(authority: Authority, make: Callable[[Authority], Path], expected: str) -> None:
    (message,) = found(make(authority)).pop("metrics/endpoint-reachable")
    assert message.startswith(f"the metrics endpoint cannot be reached: {expected}")


@pytest.mark.parametrize(("make", "expected"), TRUSTED.values(), ids=TRUSTED)
def test_a_certificate_of_a_trusted_authority(
    authority: Authority, trusting: Callable[..., None], make: Callable[[Authority], Path], expected: str
) -> None:
    certificate = make(authority)
    trusting("ca.pem", certificate.name)
    messages = found(certificate).pop("metrics/endpoint-reachable", [])
    assert [message.partition(": ")[2].startswith(expected) for message in messages] == [True] * bool(expected)


def test_a_client_certificate_that_is_required(authority: Authority, trusting: Callable[..., None]) -> None:
    trusting("ca.pem")
    sound = authority.signed("both", "20200101000000Z", "20900101000000Z")
    assert found(sound) == {}
    (message,) = found(sound, client=True)["metrics/endpoint-reachable"]
    assert "requires a client certificate" in message


@pytest.mark.parametrize("name", ["gone.pem", "names"])
def test_a_file_without_a_certificate_is_refused(
    authority: Authority, trusting: Callable[..., None], name: str
) -> None:
    (authority.folder / "names").write_text("nothing\n")
    with pytest.raises(pytest.UsageError, match=name):
        trusting(name)


def test_the_system_is_still_trusted(
    trusting: Callable[..., None], monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    monkeypatch.setenv(CA_VARIABLE, str(authority.folder / "ca.pem"))
    authority.itself("second", HERE)
    trusting("second.pem")
    assert len(ssl.create_default_context().get_ca_certs()) == 2


def test_http_where_tls_is_expected_and_the_other_way_round(authority: Authority) -> None:
    with serving(BEHAVIOURS) as server:
        url = server.url("good").replace("http://", "https://")
        (message,) = red(asyncio.run(collect(url, timeout_s=0.5))).popitem()[1]
    assert "does not speak TLS" in message or "no answer at all" in message
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = authority.itself("secure", HERE)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    with serving(BEHAVIOURS, context) as server:
        url = server.url("good").replace("https://", "http://")
        (message,) = red(asyncio.run(collect(url, timeout_s=0.5)))["metrics/endpoint-reachable"]
    assert "without an answer" in message or "speaks TLS" in message
