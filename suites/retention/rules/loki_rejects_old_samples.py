"""Loki rejects lines that are older than its retention.

A line of last month is stored, indexed, and deleted by the next compactor run; until then queries return it
unexpectedly.
"""

from collections.abc import Iterator

from stack.records.config.loki import LokiConfig
from stack.text.durations import HOUR, seconds
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("limits_config: {reject_old_samples: true, reject_old_samples_max_age: 168h}"),
    Good("limits_config: {retention_period: 168h}"),
    Bad("limits_config: {reject_old_samples: false}", "Loki accepts lines of any age"),
    Bad(
        "limits_config: {reject_old_samples_max_age: 30d}",
        "Loki accepts lines up to 30d old, longer than it keeps them",
    ),
    level=Level.SHOULD,
    source="https://grafana.com/docs/loki/latest/configure/#limits_config",
)
def check(loki: LokiConfig) -> Iterator[Finding]:
    limits = loki.section("limits_config")
    # Both defaults conform: true, and one week.
    if limits.get("reject_old_samples", True) is not True:
        yield Finding(
            "Loki accepts lines of any age",
            Where(file=loki.file, line=loki.line("limits_config", "reject_old_samples")),
            hint="limits_config: {reject_old_samples: true}",
        )
        return
    age = limits.get("reject_old_samples_max_age", "168h")
    if (seconds(age) or float("inf")) > loki.promised_s:
        yield Finding(
            f"Loki accepts lines up to {age} old, longer than it keeps them",
            Where(file=loki.file, line=loki.line("limits_config", "reject_old_samples_max_age")),
            hint=f"limits_config: {{reject_old_samples_max_age: {loki.promised_s / HOUR:g}h}}",
        )
