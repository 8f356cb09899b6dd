"""Prometheus keeps metrics for seven days.

That is the promise. If it is shorter, last week's incident cannot be analysed; if longer, the disk is sized wrong.
Unset, Prometheus keeps fifteen days.
"""

from collections.abc import Iterator

from stack.records.config.prometheus import PrometheusConfig
from stack.text.durations import SEVEN_DAYS, seconds
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

FLAG = "storage.tsdb.retention.time"


@rule(
    Good("# flag: --storage.tsdb.retention.time=7d"),
    Good("# flag: --storage.tsdb.retention.time 168h"),
    Good("storage: {tsdb: {retention: {time: 7d}}}"),
    Bad("global: {scrape_interval: 15s}", "no retention is set: Prometheus keeps its default, 15d, not 7d"),
    Bad("# flag: --storage.tsdb.retention.time=30d", "Prometheus keeps 30d, not 7d"),
    Bad(
        "# flag: --storage.tsdb.retention.time=7d\nstorage: {tsdb: {retention: {time: 30d}}}",
        "Prometheus keeps 30d, not 7d",
    ),
    Bad("# flag: --storage.tsdb.retention.time=0d", "Prometheus keeps 0d, not 7d"),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/storage/#operational-aspects",
)
def check(prometheus: PrometheusConfig) -> Iterator[Finding]:
    # The file takes precedence over the flag.
    written = prometheus.section("storage", "tsdb", "retention").get("time")
    kept = written or " ".join(prometheus.flags.get(FLAG, "").split())
    if written:
        where = Where(file=prometheus.file, line=prometheus.line("storage", "tsdb", "retention", "time"))
        hint = "storage: {tsdb: {retention: {time: 7d}}}"
    else:
        where = Where(file=prometheus.flags_file, line=prometheus.flags_line)
        hint = f"--{FLAG}=7d in the command"
    if not kept:
        yield Finding("no retention is set: Prometheus keeps its default, 15d, not 7d", where, hint)
    elif seconds(kept) != SEVEN_DAYS:
        yield Finding(f"Prometheus keeps {kept}, not 7d", where, hint)
