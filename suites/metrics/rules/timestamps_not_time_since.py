"""What happened last is told by its timestamp, not by the time since.

`time() - x` gives the age at any moment; an age that the service computes stands still when the service gets stuck,
which is just when it matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import exposed_name, of_library, where

AGE = re.compile(r"(?:^|_)(uptime|time_since|seconds_since|age)(?:_|$)|_(since_last)_(?:\w+_)?seconds(?:_|$)")


@rule(
    Good("# TYPE backup_last_success_timestamp_seconds gauge\nbackup_last_success_timestamp_seconds 1700000000\n"),
    Good("# TYPE page_age_seconds histogram\n"),
    Good("redis_changes_since_last_save 4\n"),
    Bad(
        "# TYPE backup_age_seconds gauge\nbackup_age_seconds 60\n",
        "`backup_age_seconds` tells the time since, not when: `age`",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/instrumentation/#timestamps-not-time-since",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    """Judge one family by its name; distributions of ages are something else."""
    name = exposed_name(family)
    found = AGE.search(name)
    if found and not of_library(family) and family.type in ("gauge", "counter", "unknown"):
        yield Finding(
            f"`{name}` tells the time since, not when: `{found[1] or found[2]}`",
            where(family),
            "expose a gauge `…_timestamp_seconds` with the Unix time of the event",
        )
