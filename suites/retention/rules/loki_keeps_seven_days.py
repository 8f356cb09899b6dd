"""Loki keeps logs for seven days.

That is the promise, to those who search for a line and to those whose data is in it.
"""

from collections.abc import Iterator

from stack.records.config.loki import LokiConfig
from stack.text.durations import SEVEN_DAYS, seconds
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("limits_config: {retention_period: 168h}"),
    Good("limits_config: {retention_period: 7d}"),
    Good("limits_config: {retention_period: '${RETENTION:-168h}'}"),
    Bad("limits_config: {}", "no `retention_period`: Loki keeps logs forever"),
    Bad("limits_config: {retention_period: 0s}", "`retention_period: 0s`: Loki keeps logs forever"),
    Bad("limits_config: {retention_period: 720h}", "Loki keeps logs for 720h, not 168h"),
    Bad("limits_config: {retention_period: 24h}", "Loki keeps logs for 24h, not 168h"),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/storage/retention/#configuring-the-retention-period",
)
def check(loki: LokiConfig) -> Iterator[Finding]:
    period = loki.section("limits_config").get("retention_period")
    kept = None if period is None else seconds(period)
    if period is None:
        message = "no `retention_period`: Loki keeps logs forever"
    elif kept == 0:
        message = f"`retention_period: {period}`: Loki keeps logs forever"
    elif kept != SEVEN_DAYS:
        message = f"Loki keeps logs for {period}, not 168h"
    else:
        return
    where = Where(file=loki.file, line=loki.line("limits_config", "retention_period"))
    yield Finding(message, where, hint="limits_config: {retention_period: 168h}")
