"""Loki deletes expired logs within a day.

The compactor marks chunks when it runs and deletes them after a delay; the sum of both is how much longer than seven
days a line is kept.
"""

from collections.abc import Iterator

from stack.records.config.loki import LokiConfig
from stack.text.durations import DAY, seconds
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule

DEFAULTS = {"compaction_interval": "10m", "retention_delete_delay": "2h", "apply_retention_interval": "0s"}

ON = "compactor: {retention_enabled: true, "


@rule(
    Good("compactor: {retention_enabled: true}"),
    Good(ON + "compaction_interval: 10m, retention_delete_delay: 2h}"),
    Bad(
        ON + "retention_delete_delay: 48h}",
        "lines are kept up to 48h 10m longer than promised, more than a day",
    ),
    Bad(ON + "compaction_interval: 1w}", "lines are kept up to 170h longer than promised, more than a day"),
    Unjudged(
        "compactor: {retention_delete_delay: 2h}",
        NotApplicable("retention is off, which `retention/loki-retention-enabled` reports"),
    ),
    Unjudged(ON + "retention_delete_delay: 2 hours}", NotCollected("`retention_delete_delay: 2 hours` is no duration")),
    level=Level.SHOULD,
    source="https://grafana.com/docs/loki/latest/configure/#compactor",
)
def check(loki: LokiConfig) -> Iterator[Finding]:
    compactor = loki.section("compactor")
    if compactor.get("retention_enabled") is not True:
        raise NotApplicable("retention is off, which `retention/loki-retention-enabled` reports")
    every, delay, own = (_seconds(key, compactor.get(key, default)) for key, default in DEFAULTS.items())
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


def _seconds(key: str, given: object) -> float:
    found = seconds(given)
    if found is None:
        raise NotCollected(f"`{key}: {given}` is no duration")
    return found
