"""Whatever an endpoint does, collection ends in time, with the right finding, and everything else still judged."""

import asyncio
import pickle
import socket
from collections.abc import Iterator

import pytest

from fixtures.broken._miniature.endpoints import BEHAVIOURS, LINES, OPENMETRICS, once, text
from fixtures.broken._miniature.loopback_server import Answer, Headers, Server, serving
from stack.clients.http import Fetched
from stack.records.exposition.exposition import Exposition
from stack.records.scrape.budget import USUAL, Budget
from stack.records.scrape.contract import Contract
from stack.records.scrape.pair import ScrapePair
from stack.records.scrape.scrape import Scrape
from suites.core.discovery import in_area, rules
from suites.core.evidence import Evidence, NotEvaluated, Records
from suites.core.verdict import judge
from suites.metrics.collect import scrapes
from suites.metrics.collect.endpoint import Endpoint, _fails_only_in_a_crowd
from suites.metrics.collect.scrapes import ALL, after, before
from suites.metrics.collect.service import _own_faults
from tests.support.pace import within

TIMEOUT_S = 1.0


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(BEHAVIOURS) as running:
        yield running


async def collect(url: str, timeout_s: float = TIMEOUT_S) -> Records:
    first = await before(url, timeout_s=timeout_s)
    return await after(first, Contract(), USUAL, sent=0)


def red(records: Records, level: str = "MUST") -> dict[str, list[str]]:
    """The findings of all metrics rules that broke, by rule."""
    found = {}
    for rule in rules().values():
        evidence = records.get(rule.record)
        if evidence is None or isinstance(evidence, NotEvaluated) or rule.level.value != level:
            continue
        verdict = judge(rule, "service", Evidence(tuple(evidence), "live"))
        assert verdict.outcome != "error", verdict.reason
        if verdict.findings:
            found[rule.id] = [finding.message for finding in verdict.findings]
    return found


def found_in(records: Records, kind: type) -> Evidence | NotEvaluated:
    """The evidence of one type, as the store gives it."""
    found = records.get(kind, NotEvaluated("nothing was collected"))
    return found if isinstance(found, NotEvaluated) else Evidence(tuple(found), "live")


CASES = {
    "hang": (
        "metrics/endpoint-answers-in-time",
        "no complete answer within the scrape timeout of 1 s: no answer at all",
    ),
    "drip": ("metrics/endpoint-answers-in-time", "of the body so far"),
    "status-500": ("metrics/endpoint-status-ok", "the metrics endpoint answers status 500 Whatever"),
    "html": ("metrics/content-type-known", "the answer is a web page (`text/html`), so Prometheus 3 fails the scrape"),
    "html-as-text": ("metrics/parsable", "the body is an HTML page, not an exposition"),
    "login": (
        "metrics/endpoint-redirects-resolve",
        "the metrics endpoint redirects to a login page: `/login-page?next=/metrics`",
    ),
    "loop": (
        "metrics/endpoint-redirects-resolve",
        "the metrics endpoint's redirect fails: `/loop` redirects in a circle",
    ),
    "other-host": ("metrics/endpoint-redirects-resolve", "it redirects to another host, `http://192.0.2.1/metrics`"),
    "bomb": ("metrics/endpoint-body-bounded", "the body is larger than the 134217728 bytes that are read at most"),
    "flood": ("metrics/endpoint-body-bounded", "the body is larger than the 134217728 bytes that are read at most"),
    "half": ("metrics/endpoint-reachable", "the metrics endpoint gave no complete answer"),
    "half-gzip": ("metrics/endpoint-reachable", "the gzip data ends too early"),
    "damaged-gzip": ("metrics/endpoint-reachable", "the body is gzip data that is damaged"),
    "brotli": ("metrics/no-unrequested-encoding", "asked for encoding `gzip`, the endpoint answers `br`"),
    "noise": ("metrics/parsable", "the body is binary data, not an exposition"),
    "no-type": ("metrics/content-type-known", "the answer has no Content-Type, so Prometheus 3 fails the scrape"),
    "json-type": ("metrics/content-type-known", "the answer is of type `application/json`"),
    "only-openmetrics": ("metrics/accept-negotiated", "asked for `text/plain;version=0.0.4`, the endpoint answers"),
    "always-gzip": ("metrics/no-unrequested-encoding", "asked for encoding `identity`, the endpoint answers `gzip`"),
    "nothing": ("metrics/not-empty", "the body is empty"),
    "falling": ("metrics/counters-never-fall", "counter `app_jobs_total` fell from"),
    "one-at-a-time": ("metrics/concurrent-scrapes-agree", "of 5 scrapes at the same time failed: status 503"),
}
"""The one MUST that each endpoint breaks, and a part of its message."""
SLOWER = {"bomb": 10.0, "flood": 10.0}


@pytest.mark.parametrize("name", CASES)
def test_each_fault_is_one_finding_in_bounded_time(server: Server, name: str) -> None:
    timeout_s = SLOWER.get(name, TIMEOUT_S)
    with within(6 * timeout_s):
        records = asyncio.run(collect(server.url(name), timeout_s))
    found = red(records)
    rule, expected = CASES[name]
    assert found.keys() == {rule}, found
    (message,) = found[rule]
    assert expected in message


@pytest.mark.parametrize("name", ["hang", "html", "status-500", "half", "good", "noise"])
def test_every_record_type_is_there_or_says_why_not_and_travels_between_processes(server: Server, name: str) -> None:
    records = asyncio.run(collect(server.url(name)))
    assert set(ALL) <= records.keys()
    for found in records.values():
        assert found.reason if isinstance(found, NotEvaluated) else found
    assert pickle.loads(pickle.dumps(records)).keys() == records.keys()  # noqa: S301  # made one line above


def test_a_good_endpoint_breaks_no_rule(server: Server) -> None:
    records = asyncio.run(collect(server.url("good")))
    assert red(records) == {}
    assert set(red(records, "SHOULD")) == {"metrics/build-info-exposed"}


def test_a_service_that_refuses() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: nobody else can take the port meanwhile
        port = taken.getsockname()[1]
        records = asyncio.run(collect(f"http://127.0.0.1:{port}/metrics"))
    message = f"the metrics endpoint cannot be reached: connection refused at 127.0.0.1:{port}"
    assert red(records) == {"metrics/endpoint-reachable": [message]}
    verdicts = [judge(rule, "service", found_in(records, rule.record)) for rule in in_area("metrics")]
    assert not [verdict.rule.id for verdict in verdicts if verdict.outcome == "pass"]


def test_a_name_that_does_not_resolve() -> None:
    found = red(asyncio.run(collect("http://no-such-host.invalid/metrics", timeout_s=5)))
    if "metrics/endpoint-answers-in-time" in found:
        pytest.skip("name resolution itself hangs here, so there is nothing to see")
    (message,) = found["metrics/endpoint-reachable"]
    assert "the name `no-such-host.invalid` does not resolve" in message


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/metrics", "http://127.0.0.1:99999/metrics", "http://[::1/metrics", "x"]
)
def test_an_address_that_is_none(url: str) -> None:
    found = red(asyncio.run(collect(url)))
    assert set(found) == {"metrics/endpoint-reachable"}


@pytest.mark.parametrize(
    ("name", "rule"),
    [("slash", "metrics/endpoint-without-redirect"), ("never-gzip", "metrics/gzip-when-requested")],
)
def test_a_detour_breaks_no_must(server: Server, name: str, rule: str) -> None:
    records = asyncio.run(collect(server.url(name)))
    assert red(records) == {}
    assert rule in red(records, "SHOULD")


def test_a_million_series_are_judged(server: Server) -> None:
    records = asyncio.run(collect(server.url("million"), timeout_s=30))
    found = red(records)
    assert set(found) == {
        "metrics/series-within-budget",
        "metrics/body-within-budget",
        "metrics/label-values-within-budget",
    }
    assert "most are of `app_jobs` (1000000)" in found["metrics/series-within-budget"][0]


def test_one_bad_service_does_not_hold_up_the_others(server: Server) -> None:
    async def run() -> list[Records]:
        names = ("hang", "drip", "loop", "half", "good", "html")
        return list(await asyncio.gather(*(collect(server.url(name)) for name in names)))

    with within(3 * TIMEOUT_S):
        records = asyncio.run(run())
    assert [bool(red(found)) for found in records] == [True, True, True, True, False, True]


def test_credentials_in_the_url_are_sent_and_not_shown() -> None:
    async def guarded(asked: Headers) -> Answer:
        if asked.get("authorization") == "Basic YW5uOnA6d8O8":
            return text(LINES)
        return 401, {"Content-Type": "text/plain"}, once("who are you?")

    with serving({"/guarded": guarded}) as own:
        url = own.url("guarded").replace("://", "://ann:p%3Aw%C3%BC@")
        records = asyncio.run(collect(url))
    assert "metrics/endpoint-status-ok" not in red(records)
    assert "ann" not in repr(records[Scrape])


def test_exposition_of_a_refused_content_type_is_still_judged(server: Server) -> None:
    records = asyncio.run(collect(server.url("json-type")))
    (exposition,) = records[Exposition]  # type: ignore[misc]  # a sequence here, not a reason
    assert exposition.series_count == 1


@pytest.mark.parametrize("large", [False, True])
def test_a_failure_is_reported_where_another_answer_is_no_exposition_or_large(
    monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    answers = [(503, "busy\n"), (200, LINES), (200, LINES if large else "<html>")]
    monkeypatch.setattr(scrapes, "LARGE_BYTES", 1 if large else scrapes.LARGE_BYTES)

    async def changing(_: Headers) -> Answer:
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        return status, {"Content-Type": "text/plain"}, once(body)

    with serving({"/changing": changing}) as own:
        found = red(asyncio.run(collect(own.url("changing"))))
    assert found.pop("metrics/endpoint-status-ok")[0].endswith(f", in 1 of {2 if large else 3} scrapes")
    assert found.keys() == (set() if large else {"metrics/parsable"})


def test_openmetrics_for_everybody_is_told_from_the_text_format_by_its_end() -> None:
    body = "# TYPE app_done_total counter\napp_done_total 1\n# TYPE app_size gauge\n"
    body += "".join(f'app_size{{n="{number}"}} 1\n' for number in range(999)) + "# EOF\n"

    async def openmetrics(_: Headers) -> Answer:
        return text(body, OPENMETRICS)

    with serving({"/openmetrics": openmetrics}) as own:
        found = red(asyncio.run(collect(own.url("openmetrics"))))
    assert found.keys() == {"metrics/accept-negotiated", "metrics/openmetrics-counter-samples"}


def test_an_answer_after_the_traffic_that_is_no_exposition_explains_the_failed_target() -> None:
    async def run() -> Records:
        asked: list[int] = []

        async def changing(_: Headers) -> Answer:
            asked.append(1)
            return text(LINES if len(asked) == 1 else "<html>")

        with serving({"/changing": changing}) as own:
            return await collect(own.url("changing"))

    reasons = _own_faults(asyncio.run(run()), own_limits=False).reasons
    assert reasons == {"": "after the traffic the metrics endpoint answered a web page"}


def test_the_encoding_identity_explains_no_failed_target() -> None:
    answer = "HTTP/1.1 200 OK\nContent-Encoding: {}\n\na 1\n"
    for encoding, explains in (("Identity", False), ("gzip", False), ("GZIP", True), ("br", True)):
        reasons = _own_faults({Scrape: [Scrape.parse(answer.format(encoding))]}, own_limits=False).reasons
        assert bool(reasons) is explains


def test_a_service_that_dies_under_the_traffic_is_judged_by_what_it_exposed_before() -> None:
    async def run() -> Records:
        with serving(BEHAVIOURS) as dying:
            url = dying.url("good")
            first = await before(url, timeout_s=TIMEOUT_S)
        return await after(first, Contract(), USUAL, sent=3)

    records = asyncio.run(run())
    assert set(red(records)) == {"metrics/endpoint-reachable"}
    assert isinstance(records[Exposition], list)
    pair = records[ScrapePair]
    assert isinstance(pair, NotEvaluated)
    assert pair.reason.startswith("after the traffic the metrics endpoint gave no answer: connection refused at")


def test_requests_that_nobody_answered_provoke_no_growth(server: Server) -> None:
    async def run() -> Records:
        return await after(await before(server.url("good")), Contract(), USUAL, sent=6, unanswered=6)

    (pair,) = asyncio.run(run())[ScrapePair]  # type: ignore[misc]  # a sequence here, not a reason
    verdict = judge(rules()["metrics/series-growth-bounded"], "a", Evidence((pair,), "live"))
    assert (verdict.outcome, verdict.applies) == ("not-evaluated", True)


@pytest.mark.parametrize(
    ("crowds", "alone", "unsteady", "wanted"),
    [
        (("x...x", ".x..."), ".....", False, True),
        (("x...x", "....."), ".....", False, False),
        (("x...x", ".x..."), ".....", True, False),
        ((".xxxx", "xxx.x"), "..x..", True, True),  # a scrape of Prometheus came in between
        ((".xxxx", "xxx.x"), "x.x.x", True, False),
        (("x.x.x", ".x.x."), "x.x.x", True, False),
    ],
)
def test_what_fails_only_in_a_crowd(crowds: tuple[str, str], alone: str, unsteady: bool, wanted: bool) -> None:
    answers = [Fetched(Scrape("u", status=503 if mark == "x" else 200), b"") for mark in (*crowds[1], *alone)]
    failed = [Scrape("u", status=503) for mark in crowds[0] if mark == "x"]

    class Scripted(Endpoint):
        async def get(self, accept: str = "", encoding: str = "") -> Fetched:  # noqa: ARG002  # the answers come in order
            return answers.pop(0)

    found = _fails_only_in_a_crowd(Scripted("u", 1.0, 1), failed, unsteady=unsteady)
    assert asyncio.run(found) is wanted


@pytest.mark.parametrize(("lasting", "wanted"), [(True, {"metrics/concurrent-scrapes-agree"}), (False, set())])
def test_scrapes_that_disagree_on_what_lasts(lasting: bool, wanted: set[str]) -> None:
    """A series that only some of five scrapes see is reported, unless it begins or ends just then."""
    scrapes: list[int] = []

    async def changing(asked: Headers) -> Answer:
        crowd = asked.get("accept", "").startswith("application/openmetrics-text;")
        scrapes.extend([1] * crowd)
        ended = len(scrapes) > 4  # two scrapes come before the crowd of five, one may come after it
        seen = len(scrapes) != 4 if lasting else not ended
        return text(LINES + '# TYPE app_up gauge\napp_up{device="veth1"} 1\n' * seen)

    with serving({"/changing": changing}) as server:
        records = asyncio.run(collect(server.url("changing")))
    assert set(red(records)) == wanted


@pytest.mark.parametrize(("busy", "found"), [(1.0, True), (1000.0, False)])
def test_a_scrape_counts_as_slow_by_the_pace_of_the_machine(
    server: Server, monkeypatch: pytest.MonkeyPatch, busy: float, found: bool
) -> None:
    monkeypatch.setattr(scrapes, "contention", lambda: busy)

    async def scraped() -> Records:
        first = await before(server.url("slow-but-fine"), timeout_s=10.0)
        return await after(first, Contract(), Budget(scrape_seconds=0.01), sent=0)

    assert ("metrics/scrape-within-budget" in red(asyncio.run(scraped()), "SHOULD")) is found
