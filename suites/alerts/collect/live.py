"""What a running stack says of its alerting: rules, routes, silences, and whether its servers are linked."""

import asyncio
import contextlib
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from stack.clients.alertmanager import AlertmanagerClient, AlertmanagerError
from stack.clients.prometheus import PrometheusClient, PrometheusError
from stack.records.alerts.alertmanager import AlertmanagerConfig
from stack.records.alerts.labels import LabelMatcher
from stack.records.alerts.rules import AlertRule, RuleFile
from stack.records.alerts.running import AlertmanagerLink, AlertRouting, Silence, Silences
from stack.servers.find import find_binary, why_absent
from stack.text.yaml_text import YamlText
from suites.core.evidence import NotEvaluated
from suites.core.health import unanswered
from suites.core.inspected_stack import InspectedStack
from suites.core.stack_files import display_path, read_file

FILE = "alertmanager/alertmanager.yml"
TIMEOUT_S = 10.0
LOCAL = ("127.0.0.1", "localhost", "::1")
Found = dict[str, dict[type, Any]]


async def alerting(stack: InspectedStack, window_s: float) -> Found:
    """Read rules and links from Prometheus, routes and silences from Alertmanager; never raises for what they do."""
    of_prometheus = await _of_prometheus(stack, window_s)
    down = stack.missing("alertmanager")
    if down and down.applies and stack.stack.endpoint("alertmanager"):  # its own readiness reports that
        of_prometheus[AlertmanagerLink] = down
    rules = of_prometheus[AlertRule]
    of_alertmanager = await _of_alertmanager(stack, rules)
    of_alertmanager[AlertRouting] = await _routing(stack, rules)
    return {"prometheus": of_prometheus, "alertmanager": of_alertmanager}


async def _of_prometheus(stack: InspectedStack, window_s: float) -> dict[type, Any]:
    url = stack.endpoint("prometheus")
    if isinstance(url, NotEvaluated):
        return {AlertRule: url, AlertmanagerLink: url}
    prometheus = PrometheusClient(url, stack.http)
    try:
        rules = await _loaded(prometheus)
        links = await _links(prometheus, stack.http, window_s)
    except PrometheusError as silent:
        why = unanswered(f"Prometheus does not answer: {silent}", "prometheus", silent)
        return {AlertRule: why, AlertmanagerLink: why}
    none = NotEvaluated("the server has no rules", applies=False)
    unlinked = NotEvaluated("Prometheus has no Alertmanager, see `alerts/alertmanager-configured`", applies=False)
    return {AlertRule: rules or none, AlertmanagerLink: links or unlinked}


async def _loaded(server: PrometheusClient) -> list[AlertRule]:
    groups = [_as_in_a_file(group) for group in await server.rules()]
    return list(RuleFile.of(YamlText({"groups": groups}, {}), "").rules)


async def _routing(stack: InspectedStack, rules: list[AlertRule] | NotEvaluated) -> list[AlertRouting] | NotEvaluated:
    """The receivers of every alert, by the file and by the running Alertmanager, whose own tool is asked."""
    url = stack.endpoint("alertmanager")
    if isinstance(url, NotEvaluated) or isinstance(rules, NotEvaluated):
        return url if isinstance(url, NotEvaluated) else NotEvaluated("it is not known which alerts there are")
    text = NotEvaluated("the file is not known") if stack.config_dir is None else read_file(stack.config_dir, FILE)
    amtool = find_binary("amtool")
    if isinstance(text, NotEvaluated) or amtool is None:
        return text if isinstance(text, NotEvaluated) else NotEvaluated(why_absent("amtool"))
    file = display_path(stack.config_dir, FILE) if stack.config_dir else FILE
    route, listed = AlertmanagerConfig.read(text, file).route, list(rules)
    if (loki := stack.endpoint("loki")) and isinstance(loki, str):
        with contextlib.suppress(PrometheusError):  # without a ruler
            listed += await _loaded(PrometheusClient(f"{loki}/prometheus", stack.http))
    at_once = asyncio.Semaphore(4)

    async def routed(alert: AlertRule) -> AlertRouting | None:
        taken = route.taken_by(alert.alert_labels) if route else None
        labels = [f"{name}={value}" for name, value in alert.alert_labels.values.items() if value is not None]
        command = (str(amtool.path), f"--alertmanager.url={url}", "config", "routes", "test", *labels)
        if taken is None:
            return None
        async with at_once:
            done = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=DEVNULL)
            answer = (await done.communicate())[0].decode().strip()
        expected = tuple(dict.fromkeys(one.receiver for one in taken))
        return AlertRouting(alert.name, expected, tuple(answer.split(",")), file) if not done.returncode else None

    found = await asyncio.gather(*(routed(rule) for rule in listed if not rule.record))
    return [one for one in found if one] or NotEvaluated("amtool could not say where any alert is routed to")


def _as_in_a_file(group: Mapping[str, Any]) -> dict[str, Any]:
    rules = []
    for rule in group.get("rules", ()):
        kind = "record" if rule.get("type") == "recording" else "alert"
        found = {kind: rule.get("name"), "expr": rule.get("query"), "labels": rule.get("labels") or {}}
        if kind == "alert":
            found |= {"for": f"{rule.get('duration') or 0:.0f}s", "annotations": rule.get("annotations") or {}}
        rules.append(found)
    return {"name": group.get("name"), "interval": f"{group.get('interval') or 60:.0f}s", "rules": rules}


async def _links(prometheus: PrometheusClient, http: httpx.AsyncClient, window_s: float) -> list[AlertmanagerLink]:
    """Every Alertmanager that Prometheus uses, and what shows that it is there."""
    active, _ = await prometheus.alertmanagers()
    window = f"{window_s:.0f}s"
    sent, failed = [
        {one.labels.get("alertmanager", ""): one.value for one in await prometheus.query(query)}
        # A counter that was not there before the window gained its whole value.
        for query in (
            f"sum by (alertmanager) (increase({name}[{window}]) > 0 or ({name} > 0 unless {name} offset {window}))"
            for name in ("prometheus_notifications_sent_total", "prometheus_notifications_errors_total")
        )
    ]
    up = {urlsplit(one.scrape_url).netloc for one in await prometheus.targets() if one.health == "up"}
    found = []
    for link in active:
        problem = "" if urlsplit(link).netloc in up else await _unreachable(link, prometheus.url, http)
        if not problem and failed.get(link):
            problem = await _elsewhere(link, http)
        found.append(AlertmanagerLink(link, problem, bool(sent.get(link)) and not failed.get(link)))
    return found


async def _unreachable(link: str, prometheus: str, http: httpx.AsyncClient) -> str:
    """Why an Alertmanager does not answer from here; its loopback is ours only where Prometheus is on this machine."""
    base = link.partition("/api/")[0]
    if urlsplit(link).hostname in LOCAL and urlsplit(prometheus).hostname not in LOCAL:
        return AlertmanagerLink.UNSEEN
    try:
        answer = await http.get(f"{base}/-/ready", timeout=TIMEOUT_S)
    except httpx.ConnectError as refused:
        # A name that only their network knows, or a firewall between, says nothing of Alertmanager.
        return (
            str(refused)
            if "refused" in str(refused).lower() or "attempts failed" in str(refused)
            else (AlertmanagerLink.UNSEEN)
        )
    except httpx.HTTPError:
        return AlertmanagerLink.UNSEEN
    return f"answers {answer.status_code}" if answer.is_server_error else ""


async def _elsewhere(link: str, http: httpx.AsyncClient) -> str:
    """Why an Alertmanager that is there takes no alerts: it is served below another path. Empty where it is not."""
    try:
        answer = await http.get(link, timeout=TIMEOUT_S)
    except httpx.HTTPError:
        return ""
    missing = answer.status_code == httpx.codes.NOT_FOUND
    return "the server answers 404 there; it may need a `path_prefix`" if missing else ""


async def _of_alertmanager(stack: InspectedStack, rules: list[AlertRule] | NotEvaluated) -> dict[type, Any]:
    url = stack.endpoint("alertmanager")
    if isinstance(url, NotEvaluated):
        return {AlertmanagerConfig: url, Silences: url}
    client = AlertmanagerClient(url, stack.http)
    alerts = None if isinstance(rules, NotEvaluated) else tuple(rule for rule in rules if not rule.record)
    try:
        config = AlertmanagerConfig.of(YamlText(await client.config(), {}), "").within(alerts)
        silences = tuple(_silence(one) for one in await client.silences() if one["status"]["state"] == "active")
    except (AlertmanagerError, KeyError, TypeError, ValueError) as silent:
        why = unanswered(f"Alertmanager does not answer as it should: {silent}", "alertmanager", silent)
        return {AlertmanagerConfig: why, Silences: why}
    return {AlertmanagerConfig: [config], Silences: [Silences(silences)]}


def _silence(data: Mapping[str, Any]) -> Silence:
    def sign(matcher: Mapping[str, Any]) -> str:
        equal, pattern = matcher.get("isEqual", True), matcher["isRegex"]
        return {(True, False): "=", (True, True): "=~", (False, False): "!=", (False, True): "!~"}[equal, pattern]

    matchers = tuple(LabelMatcher(one["name"], sign(one), one["value"]) for one in data["matchers"])
    ends = datetime.fromisoformat(data["endsAt"].replace("Z", "+00:00")).timestamp()
    return Silence(matchers, max(0.0, ends - time.time()), str(data.get("createdBy") or ""))
