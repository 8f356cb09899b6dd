"""Loki keeps logs for seven days, or for as long as the site promises.

That is the promise to those who search for a line and to those whose data is in it.
"""

from collections.abc import Iterator

from stack.records.config.loki import LokiConfig
from stack.text.durations import HOUR, seconds
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("limits_config: {retention_period: 168h}"),
    Good("limits_config: {retention_period: 7d}"),
    Good("limits_config: {retention_period: '${RETENTION:-168h}'}"),
    Good("# promised: 31d\nlimits_config: {retention_period: 744h}"),
    Bad("limits_config: {}", "no `retention_period`: Loki keeps logs forever"),
    Bad("limits_config: {retention_period: 0s}", "`retention_period: 0s`: Loki keeps logs forever"),
    Bad("limits_config: {retention_period: 720h}", "Loki keeps logs for 720h, not 168h"),
    Bad("limits_config: {retention_period: 24h}", "Loki keeps logs for 24h, not 168h"),
    Bad("# promised: 31d\nlimits_config: {retention_period: 7d}", "Loki keeps logs for 7d, not 744h"),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/storage/retention/#configuring-the-retention-period",
)
def check(loki: LokiConfig) -> Iterator[Finding]:
    period = loki.section("limits_config").get("retention_period")
    kept = None if period is None else seconds(period)
    promised = f"{loki.promised_s / HOUR:g}h"
    if period is None:
        message = "no `retention_period`: Loki keeps logs forever"
    elif kept == 0:
        message = f"`retention_period: {period}`: Loki keeps logs forever"
    elif kept != loki.promised_s:
        message = f"Loki keeps logs for {period}, not {promised}"
    else:
        return
    where = Where(file=loki.file, line=loki.line("limits_config", "retention_period"))
    yield Finding(message, where, hint=f"limits_config: {{retention_period: {promised}}}")
