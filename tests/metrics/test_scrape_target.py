"""What is made of Prometheus' answers about one service; the answers are made up."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from stack.clients.prometheus import PrometheusClient
from stack.records.exposition.exposition import Exposition
from stack.records.scrape.budget import Budget, BudgetedScrape
from stack.records.scrape.target import ScrapeTarget, Target
from suites.core.area import Traffic
from suites.core.discovery import rules
from suites.core.evidence import Evidence, NotEvaluated
from suites.core.verdict import judge
from suites.metrics.collect.prometheus import of_service, scraped
from suites.metrics.collect.service import MetricsCollector, seen_by_prometheus
from tests.metrics.test_stored import red
from tests.stack.clients.test_prometheus import TARGET, answering


def test_a_target_with_other_parameters_is_another_service() -> None:
    a, b, plain = (
        Target("probes", "h:1", "up", f"http://h:1/probe{query}") for query in ("?target=a", "?target=b&module=x", "")
    )
    everything = (a, b, plain)
    assert of_service(everything, "http://h:1/probe?target=a", "probes") == (a,)
    assert of_service(everything, "http://h:1/probe?target=b", "probes") == (b,)
    assert of_service(everything, "http://h:1/probe?target=c", "probes") == ()
    assert of_service(everything, "http://h:1/probe", "probes") == (plain,)


def test_a_scrape_that_prometheus_has_not_yet_committed_is_waited_for() -> None:
    target = Target("a", "h:1", "up", "http://127.0.0.1:1/metrics", last_scrape=2.0)
    reads = 0

    async def query(_: str) -> list[Any]:
        return []

    async def series(*_: Any) -> list[dict[str, str]]:
        nonlocal reads
        reads += 1
        return [{"__name__": name} for name in ("app_a", "app_b")[:reads]]

    async def targets() -> tuple[Target, ...]:
        return (target,)

    prometheus: Any = SimpleNamespace(query=query, series=series, targets=targets)
    exposition = Exposition.parse("app_a 1\napp_b 2\n")
    found = asyncio.run(scraped(prometheus, target.scrape_url, "a", exposition, since=1.0))[ScrapeTarget]
    assert not isinstance(found, NotEvaluated)
    (record,) = found
    assert record.exposed == record.stored == {("app_a", frozenset()), ("app_b", frozenset())}
    assert reads == 2


def test_no_answer_is_a_reason_not_an_exception() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    async def run() -> Any:
        client = answering(refuse)
        return (await scraped(client, "http://a/metrics", "a", None, 0.0))[ScrapeTarget]

    found = asyncio.run(run())
    assert isinstance(found, NotEvaluated)
    assert found.reason.startswith("Prometheus does not answer: http://prometheus/api/v1/targets: no answer (refused)")


@pytest.mark.parametrize("changeable", [True, False])
def test_a_slow_service_gets_its_own_scrape_timeout(changeable: bool) -> None:
    """A scrape may be too slow for the short timeout of the first ones, and not for a service that grants 10 s."""
    now = datetime.now(UTC) + timedelta(minutes=1)
    down = {"health": "down", "lastError": 'Get "http://h:1/metrics": context deadline exceeded'}
    state = TARGET | down | {"scrapeInterval": "100ms", "scrapeTimeout": "90ms", "lastScrape": now.isoformat()}

    def handler(request: httpx.Request) -> httpx.Response:
        data: Any = {"activeTargets": [state]}
        if request.url.path.endswith("query"):
            data = {"resultType": "vector", "result": []}
        elif request.url.path.endswith("series"):
            data = [{"__name__": "app_up", "job": "a", "instance": "h:1"}]
        return httpx.Response(200, json={"status": "success", "data": data})

    async def own_timeout(_: object) -> bool:
        if changeable:
            state.update(health="up", lastError="", scrapeInterval="10s", scrapeTimeout="10s")
        return changeable

    async def run() -> ScrapeTarget:
        stack: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        stack.set_result(SimpleNamespace(endpoint=lambda _: "http://prometheus"))
        service = SimpleNamespace(name="a", metrics=SimpleNamespace(job="a", scrape_timeout_s=10.0, exposed=True))
        running: Any = SimpleNamespace(service=service, metrics_url="http://h:1/metrics", unscraped=None)
        async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as http:
            context: Any = SimpleNamespace(stack=stack, own_timeout=own_timeout, attached=False)
            context.prometheus = partial(PrometheusClient, http=http)
            exposition = Exposition.parse("app_up 1\n")
            found = await MetricsCollector(context, running)._scraped(
                {Exposition: [exposition]}, Traffic((), None, time.time())
            )
        (record,) = found[ScrapeTarget]  # type: ignore[misc]  # a sequence here, not a reason
        assert isinstance(record, ScrapeTarget)
        return record

    messages = red(asyncio.run(run()))
    assert ("metrics/target-up" in messages) is not changeable


@pytest.mark.parametrize(
    ("took", "theirs", "health", "judged"),
    [(1.4, 0.01, "up", 0.01), (1.4, 1.6, "up", 1.4), (1.4, 0.0, "down", 1.4), (0.2, 0.01, "up", 0.2)],
)
def test_a_scrape_is_slow_only_where_prometheus_waits_as_long(
    took: float, theirs: float, health: str, judged: float
) -> None:
    scrape = BudgetedScrape(Exposition.parse("app_up 1\n"), took, Budget())
    target = Target("a", "h:1", health, "http://h:1/metrics", scrape_seconds=theirs)
    records = {BudgetedScrape: [scrape]}
    records |= seen_by_prometheus(records, {ScrapeTarget: [ScrapeTarget("a", (target,))]})  # type: ignore[arg-type]
    (seen,) = records[BudgetedScrape]
    assert seen.took_seconds == judged
    slow = [one.message for one in rules()["metrics/scrape-within-budget"].judge(seen)]
    assert slow == (["the scrape took 1.40 s, over the budget of 1 s"] if judged > 1 else [])


def test_what_is_on_both_sides_is_left_out_and_the_verdict_stays() -> None:
    judged = ScrapeTarget.parse("job: a\nexposed: ['a_total{q=\"x\"}', b, c]\nstored: [b, c, up]\n")
    lean = judged.without_common()
    assert (len(lean.exposed or ()), len(lean.stored or ()), lean.exposed_count) == (1, 1, 3)
    assert lean.without_common() == lean
    for name in ("metrics/stored-equals-exposed", "metrics/nothing-dropped-on-scrape"):
        assert judge(rules()[name], "a", Evidence((lean,), "live")).findings == (
            judge(rules()[name], "a", Evidence((judged,), "live")).findings
        )
    (finding,) = rules()["metrics/stored-equals-exposed"].judge(lean)
    assert finding.message.startswith("1 of 3 exposed series is not stored")
    same = ScrapeTarget.parse("job: a\nexposed: [a]\nstored: [a]\n").without_common()
    assert judge(rules()["metrics/stored-equals-exposed"], "a", Evidence((same,), "live")).outcome == "pass"


@pytest.mark.parametrize(
    ("scrape_url", "address", "is_there"),
    [
        ("http://h:80/metrics", "h:80", True),
        ("http://h:8080/metrics", "h:80", False),
        ("http://other-h:80/metrics", "h:80", False),
        ("http://h:80", "h:80", True),
        ("http://gateway/shop/metrics", "gateway/shop", True),
        ("http://gateway/shop-api/metrics", "gateway/shop", False),
        ("http://h:80/metrics", "", False),
    ],
)
def test_a_target_is_at_an_address_or_below_it(scrape_url: str, address: str, is_there: bool) -> None:
    assert Target("shop", "shop", "up", scrape_url).at(address) is is_there
