"""Rules and routes in real servers that differ from their files, or are on what is not there: each is found."""

import asyncio
import shutil
import time
from pathlib import Path

import httpx
import pytest

from stack.backends.base import StackPlan
from stack.backends.local.backend import LocalBackend
from stack.eventually import aeventually
from stack.records.alerts.running import AlertRouting, LoadedRules
from suites.alerts.collect.live import alerting
from suites.alerts.collect.running import collect, of_loki
from suites.core.discovery import rules
from suites.core.evidence import Evidence, NotEvaluated
from suites.core.inspected_stack import InspectedStack
from suites.core.verdict import judge
from tests.support.real_servers import need

STACK = Path(__file__).parents[2] / "stack"
COMPONENTS = ("prometheus", "alertmanager", "loki")
RULES = """\
groups:
  - name: own
    rules:
      - {alert: Renamed, expr: 'rate(prometheus_http_request_total[1m]) > 5'}
      - {alert: Right, expr: 'rate(prometheus_http_requests_total{code="599"}[1m]) > 5'}
      - {alert: Nothing, expr: 'queue_length{queue="mail"} > 5'}
      - {alert: Optional, expr: 'queue_length > 5', annotations: {may_be_absent: only where there is a queue}}
      - {alert: Begins, expr: 'increase(refused_total[5m]) > 0 or (refused_total unless refused_total offset 5m) > 0'}
"""
LOG_RULES = """\
groups:
  - {name: own, rules: [{alert: NoNumber, expr: 'sum(sum_over_time({a="b"} | logfmt | unwrap size [5m])) > 0'}]}
"""


@pytest.mark.native
def test_servers_that_differ_from_their_files_are_found(tmp_path: Path) -> None:
    need(*COMPONENTS, "amtool")
    folder = tmp_path / "stack"
    for name in COMPONENTS:
        shutil.copytree(STACK / name, folder / name)
    shutil.copy2(STACK / "docker-compose.yml", folder)
    (folder / "prometheus/rules/services.yml").unlink()  # no services are started here
    (folder / "prometheus/rules/own.yml").write_text(RULES, encoding="utf-8")
    (folder / "loki/rules/fake/own.yml").write_text(LOG_RULES, encoding="utf-8")

    async def run() -> dict[type, list[object] | NotEvaluated]:
        async with httpx.AsyncClient(trust_env=False) as http:
            line = {"stream": {"a": "b"}, "values": [[str(time.time_ns()), "size=large"]]}
            pushed = await http.post(f"{stack.endpoint('loki')}/loki/api/v1/push", json={"streams": [line]})
            assert pushed.status_code == 204
            query = f"{stack.endpoint('prometheus')}/api/v1/query?query=prometheus_http_requests_total"

            async def ask() -> httpx.Response:
                return await http.get(query)

            await aeventually(ask, lambda answer: bool(answer.json()["data"]["result"]), 60)
            inspected = InspectedStack(stack, http, folder, stack.health())
            of_prometheus = await collect(inspected)
            routed = (await alerting(inspected, 60))["alertmanager"][AlertRouting]
            loaded = [of_prometheus[LoadedRules], await of_loki(inspected)]
            return {
                LoadedRules: [one for listed in loaded if isinstance(listed, list) for one in listed],
                AlertRouting: routed,
            }

    with LocalBackend().start(StackPlan(tmp_path / "run", folder, COMPONENTS)) as stack:
        # What is changed after the start is not what the servers run.
        with (folder / "loki/rules/fake/own.yml").open("a", encoding="utf-8") as file:
            file.write("  - {name: more, rules: [{alert: Late, expr: 'count_over_time({a=\"b\"}[5m]) > 0'}]}\n")
        manager = folder / "alertmanager/alertmanager.yml"
        manager.write_text(manager.read_text("utf-8").replace("  receiver: team", "  receiver: nobody"), "utf-8")
        found = asyncio.run(run())
    messages = {}
    for rule in rules().values():
        records = found.get(rule.record)
        if isinstance(records, list) and (broken := judge(rule, "", Evidence(tuple(records), "live")).findings):
            messages[rule.id.partition("/")[2]] = [one.message for one in broken]
    routed = messages.pop("alerts-routed-as-written")
    assert "`LogLinesDropped` is routed to `team`, by stack/alertmanager/alertmanager.yml to `nobody`" in routed
    assert not any("LokiErrors" in one or "DeadMansSwitch" in one for one in routed)
    (renamed,) = messages.pop("metrics-not-renamed")
    assert renamed.startswith("`Renamed` is on `prometheus_http_request_total`, of which there is no series; there is")
    (fails,) = messages.pop("rules-evaluate")
    assert fails.startswith("rule `NoNumber` fails: ")
    assert messages == {
        "rules-loaded": ["1 rule of stack/loki/rules/fake/own.yml is not in the running Loki: `Late`"],
        "selectors-have-series": [
            f"`{alert}` is on `{selector}`, of which there is no series"
            for alert, selector in (
                ("Nothing", 'queue_length{queue="mail"}'),
                # No run has left its metrics with the node exporter of this stack, which has none.
                ("ConformanceRunOverdue", "conformance_last_success_timestamp_seconds"),
                ("ConformanceRunOverdue", "conformance_last_run_timestamp_seconds"),
            )
        ],
    }
