"""Prometheus' configuration names rule files.

Without them Prometheus stores metrics, and no alert ever fires.
"""

from collections.abc import Iterator

from stack.records.config.prometheus import PrometheusConfig
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("rule_files: [rules/*.yml]"),
    Bad("rule_files: []", "no rule files: no alert can fire"),
    Bad("global: {scrape_interval: 15s}", "no rule files: no alert can fire"),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#configuration-file",
)
def check(prometheus: PrometheusConfig) -> Iterator[Finding]:
    if not prometheus.data.get("rule_files"):
        yield Finding(
            "no rule files: no alert can fire",
            Where(file=prometheus.file, line=prometheus.line("rule_files")),
            hint="rule_files: [rules/*.yml]",
        )
