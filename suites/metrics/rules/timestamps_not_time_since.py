"""The time of an event is exposed as a timestamp, not as an age.

`time() - x` gives the age at any moment; an age that the service computes stops changing when the service hangs, just
when it matters.
"""

import re
from collections.abc import Iterator

from stack.records.exposition.exposition import MetricFamily
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule
from suites.metrics.helpers.families import is_setting, of_library, where

AGE_WORD = re.compile("age|uptime|since")
AGE = re.compile(r"(?:^|_)(uptime|time_since|seconds_since|age)(?:_|$)|_(since_last)_(?:\w+_)?seconds(?:_|$)")


@rule(
    Good("# TYPE backup_last_success_timestamp_seconds gauge\nbackup_last_success_timestamp_seconds 1700000000\n"),
    Good("# TYPE page_age_seconds histogram\n"),
    Good("redis_changes_since_last_save 4\n"),
    Good("# TYPE db_settings_log_rotation_age_seconds gauge\ndb_settings_log_rotation_age_seconds 86400\n"),
    Good("# TYPE db_checkpoint_max_age gauge\ndb_checkpoint_max_age 8e+07\n"),
    Bad(
        "# TYPE backup_age_seconds gauge\nbackup_age_seconds 60\n",
        "`backup_age_seconds` is an age instead of a timestamp: `age`",
    ),
    only=lambda family: AGE_WORD.search(family.exposed_name),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/instrumentation/#timestamps-not-time-since",
)
def check(family: MetricFamily) -> Iterator[Finding]:
    name = family.exposed_name
    found = AGE.search(name)  # of a single event: histograms and summaries of ages are fine
    known = of_library(family) or is_setting(family)
    if found and not known and family.type in ("gauge", "counter", "unknown"):
        yield Finding(
            f"`{name}` is an age instead of a timestamp: `{found[1] or found[2]}`",
            where(family),
            "expose a gauge `…_timestamp_seconds` with the Unix time of the event",
        )
