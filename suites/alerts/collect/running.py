"""What the running Prometheus and Loki say about their rules and Alertmanagers, and when the alert trial is made."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

from stack.backends.attached.target_file import TargetFile
from stack.backends.process import ComponentFailed
from stack.clients.loki import LokiClient
from stack.clients.prometheus import PrometheusClient, PrometheusError
from stack.clients.server_client import ServerError
from stack.components import AGENTS, COMPONENTS
from stack.eventually import eventually_or_last
from stack.records.alerts.alertmanager import AlertmanagerConfig
from stack.records.alerts.rules import AlertRule
from stack.records.alerts.running import (
    AlertmanagerDiscovery,
    AlertmanagerLink,
    AlertRouting,
    LoadedRule,
    LoadedRules,
    RuleKey,
    Silences,
)
from stack.records.alerts.trial import STEPS, AlertTrial
from stack.records.queries.promql import metric, parse, selectors
from stack.records.queries.renamed import renamed_to
from stack.servers.find import find_binary, why_absent
from stack.text.durations import seconds
from stack.text.yaml_text import ConfigError, read_mapping
from suites.alerts.collect.live import alerting
from suites.alerts.collect.trial import trial
from suites.alerts.collect.trial_setup import TrialImpossibleError
from suites.alerts.helpers.conditions import needed_series
from suites.core.area import StackCollector
from suites.core.evidence import NotEvaluated, Records
from suites.core.health import unanswered
from suites.core.inspected_stack import InspectedStack
from suites.core.pictures import Timeline
from suites.core.scraped_targets import targets_by_job
from suites.core.stack_files import display_path

Server = PrometheusClient | LokiClient
FileRule = tuple[str, str, Mapping[str, Any]]
LOKI_RULES = "loki/rules/*/*.y*ml"
DISCOVERY_S = 15.0
"""Prometheus takes over a changed discovery of Alertmanagers every 5 s; on a busy machine later."""


class AlertsCollector(StackCollector):
    """Collects rules, links, routes and silences of the running servers, and carries out the alert trial beside."""

    records = (
        AlertTrial,
        AlertmanagerDiscovery,
        LoadedRules,
        AlertRule,
        AlertmanagerConfig,
        AlertmanagerLink,
        AlertRouting,
        Silences,
    )

    async def beside(self) -> None:
        """Make faults on a temporary stack, and follow the alerts on them to their receivers."""
        if AlertTrial in self.run.records:
            for subject, found in (await self._trial()).items():
                self.run.store.put(subject, {AlertTrial: found}, "live")
                self.run.timelines.extend(map(timeline, () if isinstance(found, NotEvaluated) else found))

    async def _trial(self) -> dict[str, list[AlertTrial] | NotEvaluated]:
        run, subjects = self.run, ("alertmanager", "loki")
        if run.attached:
            return dict.fromkeys(subjects, NotEvaluated("an attached stack is only read, so no fault is made on it"))
        if run.no_retention_trial:
            why = run.no_retention_trial.replace("the retention trial was", "the trials were")
            return dict.fromkeys(subjects, NotEvaluated(why))
        if needed := _not_found("prometheus", "alertmanager"):
            return dict.fromkeys(subjects, NotEvaluated(needed))
        components = ["prometheus", "alertmanager"]
        agent = next((name for name in (run.agent, *AGENTS) if find_binary(name)), run.agent)
        if not (without_logs := _not_found("loki", agent)):
            components += ["loki", agent]
        try:
            found = await trial(components, run.work_dir / "alert-trial", run.shipped, run.say)
        except TrialImpossibleError as impossible:
            return dict.fromkeys(subjects, NotEvaluated(f"no alert trial: {impossible}"))
        except (ComponentFailed, ServerError) as broken:
            return dict.fromkeys(subjects, NotEvaluated(f"the alert trial could not be carried out: {broken}"))
        return {**found, "loki": found["loki"] or NotEvaluated(without_logs)}

    async def observed(self, stack: InspectedStack) -> None:
        """Ask once the services were scraped, since rules are about their series."""
        await self._stored(stack)
        unserved = not self.run.attached and len(self.run.services) < len(self.run.listed)
        found = await collect(stack, partial=bool(self.run.chosen_only) or unserved)
        self.run.store.put("prometheus", found, "live")
        self.run.store.put("loki", {LoadedRules: await of_loki(stack)}, "live")
        target = self.run.target
        for subject, records in (await alerting(stack, target.window_s if target else TargetFile.window_s)).items():
            # Of our own stack the files are judged, which `rules-loaded` compares with the server.
            always = (AlertmanagerLink, Silences, AlertRouting)
            kept = {kind: found for kind, found in records.items() if target or kind in always}
            self.run.store.put(subject, kept, "live")

    async def _stored(self, stack: InspectedStack) -> None:
        """Measure how many series of each service are stored."""
        url = stack.endpoint("prometheus")
        if isinstance(url, str):
            with contextlib.suppress(PrometheusError):  # others report it
                found = await PrometheusClient(url, stack.http).query('count by (job) ({job=~".+"})')
                stored = {one.labels.get("job"): int(one.value) for one in found}
                for running in self.run.services:
                    own = self.run.measures.setdefault(running.service.name, {})
                    own["stored_series"] = stored.get(running.service.metrics.job or running.service.name, 0)


def timeline(trial: AlertTrial) -> Timeline:
    """What the report draws of a trial: its steps, each message, and which alerts were inhibited meanwhile."""
    events = [one for one in trial.steps if one[0] != "delivered"]
    events += [(f"{one.integration} to {one.receiver}", one.at_s) for one in trial.deliveries]
    events += [(f"{one.alert} inhibited", one.inhibited_s) for one in trial.others if one.inhibited_s is not None]
    expected = [step for step in STEPS if step != "delivered" and (step != "resolved" or trial.over)]
    missing = [step for step in expected if step not in trial.reached]
    missing += [f"{place.partition('/')[2]} to {place.partition('/')[0]}" for place in trial.missing]
    missing += [f"{one.alert} inhibited" for one in trial.others if one.inhibited_s is None]
    title = f"{trial.alert or 'No alert'} on {trial.service}"
    note = f"{trial.versions}; {'; '.join(trial.overlay)}"
    return Timeline(title, trial.fault, tuple(sorted(events, key=lambda one: one[1])), tuple(missing), note)


def _not_found(*names: str) -> str:
    """Why there is no trial with these servers, empty where all of them are on this machine."""
    missing = next((name for name in names if find_binary(name) is None), "")
    return f"the alert trial needs a real {missing}: {why_absent(missing)}" if missing else ""


async def collect(stack: InspectedStack, *, partial: bool = False) -> Records:
    """Ask the running Prometheus for its rules and its Alertmanagers; never raises for what it does.

    `partial`: only some services run, so metrics that no component exposes may be missing.
    """
    endpoint = stack.endpoint("prometheus")
    if isinstance(endpoint, NotEvaluated):
        return dict.fromkeys((AlertmanagerDiscovery, LoadedRules), endpoint)
    prometheus = PrometheusClient(endpoint, stack.http)
    link, rules = await asyncio.gather(
        _alertmanagers(prometheus, stack), _rules(prometheus, stack, partial), return_exceptions=True
    )
    return {AlertmanagerDiscovery: _or_reason(link), LoadedRules: _or_reason(rules)}


def _or_reason(outcome: Any) -> Any:
    if isinstance(outcome, PrometheusError):
        return unanswered(f"Prometheus does not answer: {outcome}", "prometheus", outcome)
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


async def _alertmanagers(
    prometheus: PrometheusClient, stack: InspectedStack
) -> list[AlertmanagerDiscovery] | NotEvaluated:
    missing = stack.missing("alertmanager")
    if stack.stack.components["prometheus"].provenance == "attached":
        # It may have one whose address the target file does not name, and has found it since long.
        return [AlertmanagerDiscovery(*await prometheus.alertmanagers())]
    if missing:
        return missing
    active, dropped = await eventually_or_last(prometheus.alertmanagers, lambda found: bool(found[0]), DISCOVERY_S)
    return [AlertmanagerDiscovery(active, dropped)]


async def of_loki(stack: InspectedStack) -> list[LoadedRules] | NotEvaluated:
    """Ask Loki's ruler for its rules; never raises for what it does."""
    url = stack.endpoint("loki")
    if isinstance(url, NotEvaluated):
        return url
    # The ruler serves its rules in Prometheus' format, below a path of its own.
    ruler, loki = PrometheusClient(f"{url}/prometheus", stack.http), LokiClient(url, stack.http)
    try:
        in_files = rules_of_files(stack.config_dir, LOKI_RULES) if stack.config_dir else ()
        rules = [(group["name"], rule) for group in await ruler.rules() for rule in group["rules"]]
    except (OSError, ValueError) as broken:
        return NotEvaluated(f"the rule files cannot be read: {broken}")
    except PrometheusError as silent:
        return NotEvaluated(f"Loki's ruler does not answer: {silent}", applies=bool(in_files))
    if not rules and not in_files:
        return NotEvaluated("Loki's ruler has no rules", applies=False)
    loaded = [await _rule(loki, group, rule, settled=False, names=frozenset()) for group, rule in rules]
    files = tuple((file, (group, _name(rule))) for file, group, rule in in_files)
    return [LoadedRules(tuple(loaded), files, await _changed(loki, in_files, rules), server="Loki")]


async def _rules(
    prometheus: PrometheusClient, stack: InspectedStack, partial: bool
) -> list[LoadedRules] | NotEvaluated:
    try:
        in_files = rules_of_files(stack.config_dir) if stack.config_dir else ()
    except (OSError, ValueError) as broken:
        return NotEvaluated(f"the rule files cannot be read: {broken}")
    # On series that do not exist yet, an expression that will fail does not fail.
    await targets_by_job(prometheus, [name for name in stack.stack.components if stack.stack.endpoint(name)])
    rules = [(group["name"], rule) for group in await prometheus.rules() for rule in group["rules"]]
    # Of a stack that was just started, a rule may have been evaluated before its series existed.
    settled = stack.stack.components["prometheus"].provenance == "attached"
    names = set(await prometheus.data("label/__name__/values") or ())
    running = {name for name in COMPONENTS if stack.missing(name) is None}
    # A component's metrics begin with its name: those of one that is not part of this run cannot be expected.
    prefixes = {name: f"{name.partition('-')[0]}_" for name in COMPONENTS}
    absent = tuple(set(prefixes.values()) - {prefixes[name] for name in running})

    async def whole(group: str, rule: Mapping[str, Any]) -> LoadedRule:
        found = await _rule(prometheus, group, rule, settled, names)
        if found.error or "may_be_absent" in (rule.get("annotations") or {}):
            return replace(found, sought=False)
        sought = [
            one
            for name, one in needed_series(parse(rule["query"]).tree)
            if not name.startswith(absent) and (not partial or name.startswith(tuple(prefixes.values())))
        ]
        unfed = [one for one in sought if not await prometheus.data("series", **{"match[]": one, "limit": 1})]
        return replace(found, unfed=tuple(unfed), sought=bool(sought))

    loaded = await asyncio.gather(*(whole(*rule) for rule in rules))
    files = tuple((file, (group, _name(rule))) for file, group, rule in in_files)
    changed = await _changed(prometheus, in_files, rules)
    return [LoadedRules(tuple(loaded), files, changed, has_series=bool(names))]


async def _changed(
    server: Server,
    in_files: Sequence[FileRule],
    loaded: Sequence[tuple[str, Mapping[str, Any]]],
) -> tuple[tuple[str, str, str], ...]:
    """The rules of files that the server has with another expression or `for`: file, name, difference."""
    by_key: dict[RuleKey, list[Mapping[str, Any]]] = {}
    for group, rule in loaded:
        by_key.setdefault((group, rule["name"]), []).append(rule)
    found = []
    for file, group, rule in in_files:
        differences = [await _difference(server, rule, one) for one in by_key.get((group, _name(rule)), ())]
        if differences and all(differences):
            found.append((file, _name(rule), differences[0]))
    return tuple(found)


async def _difference(server: Server, written: Mapping[str, Any], used: Mapping[str, Any]) -> str:
    here, there = str(written.get("expr")), str(used["query"])
    if "".join(here.split()) != "".join(there.split()):
        # The server shows expressions in its own spelling; one that cannot spell the other's is not compared.
        formatted = ["", ""]
        with contextlib.suppress(ServerError):
            formatted = [await server.data("format_query", query=text) for text in (here, there)]
        if formatted[0] != formatted[1]:
            return f"its expression is `{there}`, in the file `{' '.join(here.split())}`"
    waits, used_s = str(written.get("for", "0s")), float(used.get("duration") or 0)
    return f"its `for` is {used_s:g}s, in the file {waits}" if (seconds(waits) or 0.0) != used_s else ""


def _name(rule: Mapping[str, Any]) -> str:
    return str(rule.get("alert") or rule["record"])


async def _rule(server: Server, group: str, rule: Mapping[str, Any], settled: bool, names: Set[str]) -> LoadedRule:
    """One rule; unless it is settled that it was evaluated on its series, its expression is queried, too."""
    evaluated, error = rule["health"] != "unknown", ""
    if rule["health"] == "err":
        error, evaluated = rule.get("lastError", ""), True
    elif not (settled and evaluated):
        try:
            await server.data("query", query=rule["query"])
        except ServerError as refused:
            error = refused.reason
    missing = {metric(selector) for selector in selectors(parse(rule["query"]).tree)} - names - {""}
    renamed = ((name, now) for name in sorted(missing) if (now := renamed_to(name, names)))
    return LoadedRule(group, rule["name"], error, evaluated, rule.get("type") != "recording", tuple(renamed))


def rules_of_files(config_dir: Path, pattern: str = "prometheus/rules/*.yml") -> tuple[FileRule, ...]:
    """Every rule of the rule files that match: file, group, and the rule as it is written.

    Raises:
        OSError, ValueError: a file cannot be read, or holds no rules.

    """
    found: list[FileRule] = []
    for path in sorted(config_dir.glob(pattern)):
        name = display_path(config_dir, path.relative_to(config_dir).as_posix())
        try:
            groups = read_mapping(path.read_text(encoding="utf-8")).data["groups"]
            found += [(name, group["name"], rule) for group in groups for rule in group["rules"] if _name(rule)]
        except ConfigError as broken:
            raise ValueError(f"{name}: {broken}") from None
        except (KeyError, TypeError, AttributeError) as malformed:
            raise ValueError(f"{name}: not a rule file: {malformed!r}") from None
    return tuple(found)
