"""Prometheus' configuration names an Alertmanager.

Without one, alerts fire in Prometheus and no notification is sent.
"""

from collections.abc import Iterator

from stack.records.config.prometheus import PrometheusConfig
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

DISCOVERY = "_sd_configs"


@rule(
    Good("alerting: {alertmanagers: [{file_sd_configs: [{files: ['alertmanagers/*.json']}]}]}"),
    Good("alerting: {alertmanagers: [{static_configs: [{targets: ['alertmanager:9093']}]}]}"),
    Bad("rule_files: [rules/*.yml]", "no Alertmanager is configured: no notification is sent"),
    Bad("alerting: {alertmanagers: [{timeout: 10s}]}", "no Alertmanager is configured: no notification is sent"),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#alertmanager_config",
)
def check(prometheus: PrometheusConfig) -> Iterator[Finding]:
    managers = prometheus.section("alerting").get("alertmanagers")
    found = [
        value
        for manager in (managers if isinstance(managers, list) else [])
        if isinstance(manager, dict)
        for key, value in manager.items()
        if key == "static_configs" or key.endswith(DISCOVERY)
    ]
    if not any(found):
        yield Finding(
            "no Alertmanager is configured: no notification is sent",
            Where(file=prometheus.file, line=prometheus.line("alerting", "alertmanagers")),
            hint="alerting: {alertmanagers: [{static_configs: [{targets: ['alertmanager:9093']}]}]}",
        )
