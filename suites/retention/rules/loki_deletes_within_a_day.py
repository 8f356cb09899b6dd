"""Loki deletes expired logs within a day.

The compactor marks chunks when it runs and deletes them after a delay; the sum of both is how much longer than seven
days a line is kept.
"""

from collections.abc import Iterator

from stack.records.config.loki import LokiConfig
from stack.text.durations import DAY, seconds
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

DEFAULTS = {"compaction_interval": "10m", "retention_delete_delay": "2h", "apply_retention_interval": "0s"}


@rule(
    Good("compactor: {retention_enabled: true}"),
    Good("compactor: {compaction_interval: 10m, retention_delete_delay: 2h}"),
    Bad(
        "compactor: {retention_delete_delay: 48h}",
        "lines are kept up to 48h 10m longer than promised, more than a day",
    ),
    Bad("compactor: {compaction_interval: 1w}", "lines are kept up to 170h longer than promised, more than a day"),
    level=Level.SHOULD,
    source="https://grafana.com/docs/loki/latest/configure/#compactor",
)
def check(loki: LokiConfig) -> Iterator[Finding]:
    given = {**DEFAULTS, **loki.section("compactor")}
    every, delay, own = (seconds(given[key]) or 0.0 for key in DEFAULTS)
    # Retention runs with compaction unless it has an interval of its own.
    late = (own or every) + delay
    if late > DAY:
        hours, minutes = divmod(round(late / 60), 60)
        slack = f"{hours}h {minutes}m" if minutes else f"{hours}h"
        key = "retention_delete_delay" if delay > (own or every) else "compaction_interval"
        yield Finding(
            f"lines are kept up to {slack} longer than promised, more than a day",
            Where(file=loki.file, line=loki.line("compactor", key)),
            hint="compactor: {compaction_interval: 10m, retention_delete_delay: 2h}",
        )
