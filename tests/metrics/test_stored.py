"""What Prometheus stored of a service: against real Prometheus where there is one."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx
import pytest

from fixtures.broken._miniature.endpoints import BEHAVIOURS, LINES, text
from fixtures.broken._miniature.loopback_server import Answer, Behaviour, Headers, Server, serving
from stack.clients.prometheus import PrometheusClient, PrometheusError
from stack.eventually import eventually
from stack.records.exposition.exposition import Exposition
from stack.records.scrape.budget import USUAL
from stack.records.scrape.contract import Contract
from stack.records.scrape.target import ScrapeTarget
from stack.servers.find import find_binary, why_absent
from suites.core.discovery import in_area
from suites.core.evidence import Evidence, NotEvaluated
from suites.core.verdict import judge
from suites.logs.collect.served import requests_served
from suites.metrics.collect.prometheus import scraped, stored_falls
from suites.metrics.collect.scrapes import after, before

CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - {{job_name: fine, metrics_path: /good, static_configs: [{{targets: ['{host}']}}]}}
  - {{job_name: rich, metrics_path: /rich, static_configs: [{{targets: ['{host}'], labels: {{env: test}}}}]}}
  - job_name: dropping
    metrics_path: /never-gzip
    static_configs: [{{targets: ['{host}']}}]
    metric_relabel_configs: [{{source_labels: [queue], regex: 'q1.*', action: drop}}]
  - {{job_name: typeless, metrics_path: /no-type, static_configs: [{{targets: ['{host}']}}]}}
  - {{job_name: timed, metrics_path: /timed, static_configs: [{{targets: ['{host}']}}]}}
  - {{job_name: clashing, metrics_path: /clashing, static_configs: [{{targets: ['{host}']}}]}}
  - {{job_name: probes, metrics_path: /good, params: {{target: [a]}}, static_configs: [{{targets: ['{host}']}}]}}
  - {{job_name: more-probes, metrics_path: /good, params: {{target: [b]}}, static_configs: [{{targets: ['{host}']}}]}}
  - {{job_name: falling, metrics_path: /falling, static_configs: [{{targets: ['{host}']}}]}}
  - {{job_name: twice, metrics_path: /always-gzip, static_configs: [{{targets: ['{host}']}}]}}
  - {{job_name: twins, metrics_path: /twins, static_configs: [{{targets: ['{host}']}}]}}
  - {{job_name: again, metrics_path: /always-gzip, static_configs: [{{targets: ['{host}']}}]}}
"""
RICH = """# HELP app_wait_seconds Waiting.
# TYPE app_wait_seconds histogram
app_wait_seconds_bucket{le="1",note=""} 1
app_wait_seconds_bucket{le="2.5",note=""} 2
app_wait_seconds_bucket{le="+Inf",note=""} 2
app_wait_seconds_sum{note=""} 3
app_wait_seconds_count{note=""} 2
# HELP app_share_ratio Shares.
# TYPE app_share_ratio gauge
app_share_ratio{env="mine",text="a \\"b\\" \\\\ c"} 0.5
"""


async def rich(_: Headers) -> Answer:
    return text(RICH)


async def timed(_: Headers) -> Answer:
    """Metrics with times of their own, from one second to ten minutes old."""
    now_ms = int(time.time() * 1000)
    head = "# HELP app_memory_bytes Memory in use.\n# TYPE app_memory_bytes gauge\n"
    return text(
        head + "".join(f'app_memory_bytes{{age="{age}"}} 3 {now_ms - age * 1000}\n' for age in (1, 10, 60, 600))
    )


async def clashing(_: Headers) -> Answer:
    return text(
        "# HELP app_share_ratio Shares.\n# TYPE app_share_ratio gauge\n"
        'app_share_ratio{job="x",exported_job="y",instance="z"} 1\n'
    )


def twins() -> Behaviour:
    """Two counters of requests whose series have the same labels, as a server and a client within one service."""
    scrapes = count(1)

    async def answer(_: Headers) -> Answer:
        seen = next(scrapes)
        return text(
            "".join(
                f"# TYPE {name}_requests_total counter\n"
                + "".join(f'{name}_requests_total{{code="{code}"}} {seen * by}\n' for code, by in by_code.items())
                for name, by_code in {"http": {"200": 7, "500": 2}, "grpc": {"200": 1, "503": 1}}.items()
            )
        )

    return answer


@pytest.fixture(scope="module")
def service() -> Iterator[Server]:
    with serving({**BEHAVIOURS, "/rich": rich, "/timed": timed, "/clashing": clashing, "/twins": twins()}) as running:
        yield running


@pytest.fixture(scope="module")
def prometheus(service: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    binary = find_binary("prometheus")
    if binary is None:
        pytest.skip(why_absent("prometheus"))
    home = tmp_path_factory.mktemp("prometheus")
    (home / "prometheus.yml").write_text(CONFIG.format(host=f"127.0.0.1:{service.port}"))
    log = home / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(binary.path, f"--config.file={home}/prometheus.yml", f"--storage.tsdb.path={home}/data"),
                "--web.listen-address=127.0.0.1:0",
            ],
            stderr=output,
        )
    try:
        url = f"http://{eventually(lambda: address(log), bool, 15, describe='the address of Prometheus')}"
        # Its connections to the service last; they must not be taken for what a test left behind.
        scraped_once = f'"lastScrape":"{datetime.now(UTC).year}'
        targets = f"{url}/api/v1/targets"
        eventually(
            lambda: httpx.get(targets).text.count(scraped_once), lambda count: count == CONFIG.count("job_name"), 30
        )
        yield url
    finally:
        process.terminate()
        process.wait(120)


def address(log: Path) -> str:
    _, _, rest = log.read_text().partition('msg="Listening on" component=web address=')
    return rest.partition("\n")[0].strip()


def collect(url: str, target_url: str, job: str, exposition: Exposition | None = None) -> ScrapeTarget:
    async def run() -> ScrapeTarget:
        async with httpx.AsyncClient() as http:
            exposed = exposition
            if exposed is None:
                first = await before(target_url)
                exposed = first.exposition
            records = await scraped(PrometheusClient(url, http), target_url, job, exposed, time.time())
            (record,) = records[ScrapeTarget]  # type: ignore[misc]  # a sequence here, not a reason
            assert isinstance(record, ScrapeTarget)
            return record

    return asyncio.run(run())


def red(record: ScrapeTarget) -> dict[str, list[str]]:
    judged = [rule for rule in in_area("metrics") if rule.record is ScrapeTarget]
    verdicts = [judge(rule, "service", Evidence((record,), "live")) for rule in judged]
    assert not [verdict.reason for verdict in verdicts if verdict.outcome == "error"]
    return {verdict.rule.id: [f.message for f in verdict.findings] for verdict in verdicts if verdict.findings}


@pytest.mark.native
@pytest.mark.parametrize(
    ("path", "job"), [("good", "fine"), ("rich", "rich"), ("timed", "timed"), ("clashing", "clashing")]
)
def test_all_that_is_exposed_is_stored(prometheus: str, service: Server, path: str, job: str) -> None:
    record = collect(prometheus, service.url(path), job)
    assert record.exposed_count, record.not_compared
    assert red(record) == {}


@pytest.mark.native
@pytest.mark.parametrize(("target", "job"), [("a", "probes"), ("b", "more-probes")])
def test_targets_at_one_address_differ_in_their_parameters(
    prometheus: str, service: Server, target: str, job: str
) -> None:
    record = collect(prometheus, service.url(f"good?target={target}"), job)
    assert [found.job for found in record.targets] == [job]
    assert record.exposed_count, record.not_compared


@pytest.mark.native
def test_what_ended_before_the_scrape_is_not_missing(prometheus: str, service: Server) -> None:
    record = collect(prometheus, service.url("good"), "fine", Exposition.parse(LINES + 'app_gone{device="veth1"} 1\n'))
    assert record.exposed_count, record.not_compared
    assert red(record) == {}


@pytest.mark.native
def test_dropped_series_are_seen(prometheus: str, service: Server) -> None:
    found = red(collect(prometheus, service.url("never-gzip"), "dropping"))
    assert found == {
        "metrics/nothing-dropped-on-scrape": ["relabelling drops 11 of 61 samples of job `dropping`"],
    }


@pytest.mark.native
def test_a_failing_scrape_has_the_error_of_prometheus(prometheus: str, service: Server) -> None:
    sound = Exposition.parse("Content-Type: text/plain\n\n" + LINES)
    (message,) = red(collect(prometheus, service.url("no-type"), "typeless", sound))["metrics/target-up"]
    assert message.startswith("the target is down: ")
    assert "blank Content-Type" in message


@pytest.mark.native
@pytest.mark.parametrize("seen", [None, Exposition.parse(LINES), Exposition.parse(LINES + "junk\n")])
def test_a_scrape_that_fails_by_the_services_own_answer_is_not_reported_twice(
    prometheus: str, service: Server, seen: Exposition | None
) -> None:
    # No metrics at all, a Content-Type that was set aside as unknown, lines that cannot be read.
    assert red(collect(prometheus, service.url("no-type"), "typeless", seen)) == {}


@pytest.mark.native
def test_two_jobs_for_one_service_and_a_wrong_job(prometheus: str, service: Server) -> None:
    (message,) = red(collect(prometheus, service.url("always-gzip"), "twice"))["metrics/target-scraped-once"]
    assert message.endswith("2 times: under job `again`, `twice`")
    (message,) = red(collect(prometheus, service.url("good"), "other"))["metrics/target-scraped-once"]
    assert message.endswith("under job `fine` instead of `other`")


@pytest.mark.native
def test_a_service_that_is_not_scraped(prometheus: str, service: Server) -> None:
    found = red(collect(prometheus, service.url("nothing"), "nobody", Exposition.parse(LINES)))
    assert found == {"metrics/target-scraped-once": [f"Prometheus has no target for `{service.url('nothing')}`"]}


@pytest.mark.native
def test_typed_reads(prometheus: str) -> None:
    async def run() -> None:
        async with httpx.AsyncClient() as http:
            client = PrometheusClient(prometheus, http)
            assert (await client.build_info())["version"] == getattr(find_binary("prometheus"), "version", None)
            assert "startTime" in await client.runtime_info()
            assert "rich" in [job["job_name"] for job in (await client.config())["scrape_configs"]]
            assert await client.rules() == ()
            (one,) = await client.query("vector(1)")
            assert (one.value, one.labels) == (1.0, {})
            (two,) = await client.query("scalar(vector(2))", at=time.time())
            assert two.value == 2.0
            assert {target.job for target in await client.targets()} >= {"fine", "rich"}
            with pytest.raises(PrometheusError, match=r"bad_data: .*parse error"):
                await client.query("sum(")
            with pytest.raises(PrometheusError, match="gives a matrix, not an instant vector"):
                await client.query("up[1m]")

    asyncio.run(run())


@pytest.mark.native
def test_counters_that_fall_between_the_scrapes_of_prometheus(prometheus: str) -> None:
    async def fallen(job: str, name: str) -> list[str]:
        async with httpx.AsyncClient() as http:
            client = PrometheusClient(prometheus, http)
            (target,) = [target for target in await client.targets() if target.job == job]
            found = await stored_falls(client, target, {name}, 3600)
        return [f"{fall.series} {fall.where.partition(' ')[2]}" for fall in found]

    def falls() -> list[str]:
        return asyncio.run(fallen("falling", "app_jobs_total"))

    assert eventually(falls, bool, 20) in (
        ["app_jobs_total times in what Prometheus stored"],
        ["app_jobs_total in what Prometheus stored"],
    )
    assert asyncio.run(fallen("falling", "app_jobs")) == []
    assert asyncio.run(fallen("fine", "app_jobs")) == []


@pytest.mark.native
def test_prometheus_scrapes_itself_by_the_rules(prometheus: str) -> None:
    """A MUST that a real, well-kept exporter breaks is most likely our mistake."""

    async def run() -> dict[str, list[str]]:
        url = f"{prometheus}/metrics"
        records = await after(await before(url), Contract(), USUAL, 0)
        found = {}
        for rule in in_area("metrics"):
            evidence = records.get(rule.record)
            if rule.level.value == "MUST" and evidence is not None and not isinstance(evidence, NotEvaluated):
                verdict = judge(rule, "prometheus", Evidence(tuple(evidence), "live"))
                if verdict.findings or verdict.outcome == "error":
                    found[rule.id] = [finding.message for finding in verdict.findings] or [str(verdict.reason)]
        return found

    assert asyncio.run(run()) == {}


@pytest.mark.native
def test_requests_are_counted_over_counters_with_the_same_labels(prometheus: str, service: Server) -> None:
    async def served(path: str) -> tuple[float | None, float | None]:
        async with httpx.AsyncClient() as http:
            return await requests_served(PrometheusClient(prometheus, http), f"127.0.0.1:{service.port}{path}", 60)

    requests, failed = eventually(
        lambda: asyncio.run(served("/twins")), lambda found: bool(found[0]), 30, describe="two scrapes"
    )
    assert requests is not None
    assert failed == pytest.approx(requests * 3 / 11)
    assert asyncio.run(served("/rich")) == (None, None), "it has no counter of requests"
