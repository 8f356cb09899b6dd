"""Prometheus keeps metrics for seven days, or for as long as the site promises.

That is the promise. If it is shorter, last week's incident cannot be analysed; if longer, the disk is sized wrong.
Unset, Prometheus keeps fifteen days.
"""

from collections.abc import Iterator

from stack.records.config.prometheus import PrometheusConfig
from stack.text.durations import DAY, seconds
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule

FLAG, SIZE, DEFAULT = "storage.tsdb.retention.time", "storage.tsdb.retention.size", "15d"


@rule(
    Good("# flag: --storage.tsdb.retention.time=7d"),
    Good("# flag: --storage.tsdb.retention.time 168h"),
    Good("storage: {tsdb: {retention: {time: 7d}}}"),
    Good("# promised: 15d\nglobal: {scrape_interval: 15s}"),
    Bad("global: {scrape_interval: 15s}", "no retention is set: Prometheus keeps its default, 15d, not 7d"),
    Bad("# flag: --storage.tsdb.retention.time=30d", "Prometheus keeps 30d, not 7d"),
    Bad(
        "# flag: --storage.tsdb.retention.time=7d\nstorage: {tsdb: {retention: {time: 30d}}}",
        "Prometheus keeps 30d, not 7d",
    ),
    Bad("# flag: --storage.tsdb.retention.time=0d", "Prometheus keeps 0d, not 7d"),
    Bad(
        "# promised: 15d\n# flag: --storage.tsdb.retention.size=8GB",
        "only a size is set: Prometheus keeps metrics until they take 8GB, not for 15d",
    ),
    Unjudged(
        "# flag: --storage.tsdb.retention.time=", NotCollected("the server does not say for how long it keeps metrics")
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/storage/#operational-aspects",
)
def check(prometheus: PrometheusConfig) -> Iterator[Finding]:
    promised = f"{prometheus.promised_s / DAY:g}d"
    # The file takes precedence over the flag.
    in_file = prometheus.section("storage", "tsdb", "retention")
    written = in_file.get("time")
    size = str(in_file.get("size") or prometheus.flags.get(SIZE, ""))
    kept = written or " ".join(prometheus.flags.get(FLAG, "").split())
    if not written and not prometheus.flags_known:
        raise NotApplicable("the file does not set it, and there is no compose file beside it that shows the flags")
    if written:
        where = Where(file=prometheus.file, line=prometheus.line("storage", "tsdb", "retention", "time"))
        hint = f"storage: {{tsdb: {{retention: {{time: {promised}}}}}}}"
    else:
        where = Where(file=prometheus.flags_file, line=prometheus.flags_line)
        hint = f"--{FLAG}={promised} in the command"
    if not kept and size.strip("0B"):
        message = f"only a size is set: Prometheus keeps metrics until they take {size}, not for {promised}"
        yield Finding(message, where, hint)
        return
    if not kept and FLAG in prometheus.flags:
        raise NotCollected("the server does not say for how long it keeps metrics")
    if seconds(kept or DEFAULT) == prometheus.promised_s:
        return
    if not kept:
        yield Finding(f"no retention is set: Prometheus keeps its default, {DEFAULT}, not {promised}", where, hint)
    else:
        yield Finding(f"Prometheus keeps {kept}, not {promised}", where, hint)
