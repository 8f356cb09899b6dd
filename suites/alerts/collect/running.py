"""What the running Prometheus says about its rules and its Alertmanagers."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stack.clients.prometheus import PrometheusClient, PrometheusError
from stack.eventually import eventually_or_last
from stack.records.alerts.running import AlertmanagerDiscovery, LoadedRule, LoadedRules, RuleKey
from stack.text.yaml_text import ConfigError, read_mapping
from suites.core.area import StackCollector
from suites.core.evidence import NotEvaluated, Records
from suites.core.inspected_stack import InspectedStack
from suites.core.scraped_targets import targets_by_job
from suites.core.stack_files import display_path

DISCOVERY_S = 15.0
"""Prometheus takes over a changed discovery of Alertmanagers every 5 s; on a busy machine later."""


class AlertsCollector(StackCollector):
    """Collects the rules and Alertmanagers of the running Prometheus."""

    records = (AlertmanagerDiscovery, LoadedRules)

    async def observed(self, stack: InspectedStack) -> None:
        """Ask once the services were scraped, since rules are about their series."""
        self.run.store.put("prometheus", await collect(stack), "live")


async def collect(stack: InspectedStack) -> Records:
    """Ask the running Prometheus for its rules and its Alertmanagers; never raises for what it does."""
    endpoint = stack.endpoint("prometheus")
    if isinstance(endpoint, NotEvaluated):
        return dict.fromkeys((AlertmanagerDiscovery, LoadedRules), endpoint)
    prometheus = PrometheusClient(endpoint, stack.http)
    link, rules = await asyncio.gather(
        _alertmanagers(prometheus, stack), _rules(prometheus, stack), return_exceptions=True
    )
    return {AlertmanagerDiscovery: _or_reason(link), LoadedRules: _or_reason(rules)}


def _or_reason(outcome: Any) -> Any:
    if isinstance(outcome, PrometheusError):
        return NotEvaluated(f"Prometheus does not answer: {outcome}")
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


async def _alertmanagers(
    prometheus: PrometheusClient, stack: InspectedStack
) -> list[AlertmanagerDiscovery] | NotEvaluated:
    missing = stack.missing("alertmanager")
    if missing and stack.stack.components["prometheus"].provenance != "attached":
        return missing  # of an attached stack Prometheus may have one whose address the target file does not name
    active, dropped = await eventually_or_last(prometheus.alertmanagers, lambda found: bool(found[0]), DISCOVERY_S)
    return [AlertmanagerDiscovery(active, dropped)]


async def _rules(prometheus: PrometheusClient, stack: InspectedStack) -> list[LoadedRules] | NotEvaluated:
    try:
        files = rules_of_files(stack.config_dir) if stack.config_dir else ()
    except (OSError, ValueError) as broken:
        return NotEvaluated(f"the rule files cannot be read: {broken}")
    # On series that do not exist yet, an expression that will fail does not fail.
    await targets_by_job(prometheus, [name for name in stack.stack.components if stack.stack.endpoint(name)])
    rules = [(group["name"], rule) for group in await prometheus.rules() for rule in group["rules"]]
    # Of a stack that was just started, a rule may have been evaluated before its series existed.
    settled = stack.stack.components["prometheus"].provenance == "attached"
    return [LoadedRules(tuple(await asyncio.gather(*(_rule(prometheus, *rule, settled) for rule in rules))), files)]


async def _rule(prometheus: PrometheusClient, group: str, rule: Mapping[str, Any], settled: bool) -> LoadedRule:
    """One rule; unless it is settled that it was evaluated on its series, its expression is queried, too."""
    evaluated = rule["health"] != "unknown"
    if rule["health"] == "err":
        return LoadedRule(group, rule["name"], rule.get("lastError", ""))
    if not (settled and evaluated):
        try:
            await prometheus.query(rule["query"])
        except PrometheusError as refused:
            return LoadedRule(group, rule["name"], refused.reason, evaluated=evaluated)
    return LoadedRule(group, rule["name"], evaluated=evaluated)


def rules_of_files(config_dir: Path) -> tuple[tuple[str, RuleKey], ...]:
    """Every rule of the rule files in `prometheus/rules/`, as file and (group, name).

    Raises:
        OSError, ValueError: a file cannot be read, or holds no rules.

    """
    found: list[tuple[str, RuleKey]] = []
    for path in sorted((config_dir / "prometheus" / "rules").glob("*.yml")):
        name = display_path(config_dir, f"prometheus/rules/{path.name}")
        try:
            groups = read_mapping(path.read_text(encoding="utf-8")).data["groups"]
            found += [
                (name, (group["name"], rule.get("alert") or rule["record"]))
                for group in groups
                for rule in group["rules"]
            ]
        except ConfigError as broken:
            raise ValueError(f"{name}: {broken}") from None
        except (KeyError, TypeError, AttributeError) as malformed:
            raise ValueError(f"{name}: not a rule file: {malformed!r}") from None
    return tuple(found)
