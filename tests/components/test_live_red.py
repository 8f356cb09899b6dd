"""The rules on a running stack pass on the shipped stack and fail on a misconfigured one, both of real servers."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stack.backends.base import StackPlan, TargetGroup
from stack.backends.local.backend import LocalBackend, LocalStack
from stack.eventually import eventually
from suites.core.discovery import in_area
from suites.core.evidence import NotEvaluated
from suites.retention.collect.running import collect as settings_in_use
from tests.support.inspect_stack import Seen, collect_stack, inspected
from tests.support.real_servers import need

SHIPPED = Path(__file__).parents[2] / "stack"
SERVERS = ("prometheus", "loki", "promtail", "alertmanager", "node-exporter", "gateway")
AREAS = ("alerts", "components", "dashboards", "gateway")
RULES = {rule.id.partition("/")[2]: rule for area in AREAS for rule in in_area(area)}
LOCATION = "location /prometheus/ {\n"
FRONT = "location = / {\n            auth_basic off;\n"


def change(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"{path.name} has no {old!r}"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def misconfigure(config: Path) -> None:
    """Change what must be wrong from the start."""
    prometheus = config / "prometheus"
    change(
        prometheus / "prometheus.yml",
        ("body_size_limit: 50MB", "body_size_limit: 1KB"),
        ("alerting:\n  alertmanagers:\n    - file_sd_configs:\n        - files: [alertmanagers/*.json]\n", ""),
    )
    (prometheus / "rules" / "broken.yml").write_text(
        "groups: [{name: broken, rules: [{alert: Ambiguous, expr: 'up * on() up'}]}]\n", encoding="utf-8"
    )
    change(
        config / "gateway" / "templates" / "nginx.conf.template",
        (LOCATION, f"{LOCATION}            auth_basic off;\n"),
        (FRONT, f"location = / {{ proxy_pass http://127.0.0.1:1; }}\n        {FRONT.replace('/', '/front')}"),
        ("        proxy_set_header Upgrade $http_upgrade;\n", ""),
    )


def drift(config: Path) -> None:
    """Change files under running servers, so that they no longer say what is in use, nor what a checker accepts."""
    rules = config / "prometheus" / "rules"
    (rules / "late.yml").write_text("groups: [{name: late, rules: [{alert: Late, expr: up}]}]\n", encoding="utf-8")
    change(config / "prometheus" / "prometheus.yml", ("evaluation_interval: 15s", "evaluation_interval: 20s"))
    change(config / "loki" / "loki-config.yaml", ("max_line_size: 256KB", "max_line_size: 128KB"))
    change(config / "alertmanager" / "alertmanager.yml", ("resolve_timeout: 5m", "resolve_timeout: 6m"))


async def collect(stack: LocalStack, config: Path, service: str) -> Seen:
    """Collect the evidence on a running stack whose catalog has one service."""
    async with httpx.AsyncClient(trust_env=False, timeout=120) as http:
        urls = [stack.endpoint(name) or "" for name in ("loki", "prometheus")]
        found = await collect_stack(inspected(stack, http, config), (service,), (f'{{service="{service}"}}',))
        for name, records in (await settings_in_use(urls[0], urls[1], config, http, time.time())).items():
            found[name] = {**records, **found[name]}
    return found


def messages(seen: Seen, rule_name: str, component: str) -> list[str]:
    """The messages of a rule on a component; fails where there is no evidence."""
    rule = RULES[rule_name]
    records = seen[component][rule.record]
    assert not isinstance(records, NotEvaluated), f"{rule.id} on {component}: {records.reason}"
    return [finding.message for record in records for finding in rule.judge(record)]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """The evidence on the shipped stack."""
    need(*SERVERS, "promtool", "amtool")
    folder = tmp_path_factory.mktemp("shipped")
    targets = {"api": [TargetGroup(("127.0.0.1:1",))]}
    log = folder / "logs" / "dante" / "api" / "main.log"
    log.parent.mkdir(parents=True)
    log.write_text('{"level":"info"}\n', encoding="utf-8")
    plan = StackPlan(folder / "run", SHIPPED, SERVERS, targets, f"{folder}/logs/*/*/*.log")
    with LocalBackend().start(plan) as stack:
        wait_for_stream(stack)
        yield asyncio.run(collect(stack, SHIPPED, "api"))


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """The evidence on a stack in which everything is wrong that a rule on the running stack judges."""
    need(*SERVERS, "promtool", "amtool")
    folder = tmp_path_factory.mktemp("broken")
    config = folder / "stack"
    shutil.copytree(SHIPPED, config, ignore=shutil.ignore_patterns("*.py", "native", "embedded"))
    misconfigure(config)
    open_to_all = {"LOKI_GRPC_ADDRESS": "0.0.0.0", "PROMTAIL_GRPC_ADDRESS": "0.0.0.0"}  # noqa: S104  # that is what is wrong
    targets = {"unknown": [TargetGroup(("127.0.0.1:1",))]}
    plan = StackPlan(folder / "run", config, SERVERS, targets, env=open_to_all)
    with LocalBackend().start(plan) as stack:
        users = folder / "run" / "gateway" / "data" / "users"
        users.write_text(f"{users.read_text(encoding='utf-8')}admin:{{PLAIN}}admin\n", encoding="utf-8")
        drift(config)
        wait_for_targets(stack)
        yield asyncio.run(collect(stack, config, "checkout"))


def wait_for_targets(stack: LocalStack) -> None:
    """Wait until two targets were scraped: before that, the ambiguous rule has no duplicate series."""
    url = f"{stack.endpoint('prometheus')}/api/v1/query?query=up"

    def scraped() -> int:
        return len(httpx.get(url, trust_env=False).json()["data"]["result"])

    eventually(scraped, lambda targets: targets > 1, 20, describe="two targets were scraped")


def wait_for_stream(stack: LocalStack) -> None:
    url = f"{stack.endpoint('loki')}/loki/api/v1/series?match[]={{service=%22api%22}}"
    eventually(lambda: httpx.get(url, trust_env=False).json().get("data"), bool, 15, describe="the line is in Loki")


CONFIGURATION = "running-configuration-equals-files"
PUBLIC = "only-gateway-listens-publicly"
RED = [
    ("component-targets-up", "loki", "the target `"),
    ("running-jobs-are-in-catalog", "prometheus", "job `unknown` is neither in the catalog nor a component"),
    ("running-jobs-cover-catalog", "prometheus", "service `checkout` of the catalog has no job in the running Prom"),
    (
        "rules-loaded",
        "prometheus",
        "1 rule of stack/prometheus/rules/late.yml is not in the running Prometheus: `Late`",
    ),
    ("rules-evaluate", "prometheus", "rule `Ambiguous` fails: "),  # the rest is Prometheus' wording, which varies
    ("alertmanager-configured", "prometheus", "Prometheus has no Alertmanager to send alerts to"),
    ("unauthenticated-access-denied", "gateway", "`/prometheus/api/v1/status/buildinfo` answers 200 to a request with"),
    ("no-weak-credentials", "gateway", "the gateway accepts the user `admin` with a password that is easily guessed"),
    ("health-page-open", "gateway", "`/` answers 401 instead of 200"),
    ("live-tail-works", "gateway", "the live tail does not work: answered 426 Upgrade Required instead"),
    (PUBLIC, "loki", "loki is reachable from other machines at "),
    (PUBLIC, "promtail", "promtail is reachable from other machines at "),
    (CONFIGURATION, "prometheus", "`global.evaluation_interval` is `20s` in the file and `15s` in the running prom"),
    (CONFIGURATION, "loki", "`limits_config.max_line_size` is `128KB` in the file and "),
    (CONFIGURATION, "alertmanager", "`global.resolve_timeout` is `6m` in the file and `5m` in the running alertm"),
    ("catalog-services-have-log-streams", "loki", 'no stream `{service="checkout"}` in the log store for the last'),
]


@pytest.mark.native
@pytest.mark.parametrize(("rule", "component", "message"), RED, ids=[f"{rule}-{name}" for rule, name, _ in RED])
def test_the_rule_passes_on_the_shipped_stack_and_fails_on_the_misconfigured_one(
    shipped: Seen, broken: Seen, rule: str, component: str, message: str
) -> None:
    assert messages(shipped, rule, component) == []
    found = messages(broken, rule, component)
    assert any(each.startswith(message) for each in found), found
