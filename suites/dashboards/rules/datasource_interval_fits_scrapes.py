"""The interval that Grafana is told for Prometheus is not below the scrape interval.

Grafana makes `$__rate_interval` four of these (15 s where the datasource has none). If Prometheus scrapes less often,
the window holds one sample, and rates are empty at short time ranges only.
"""

from collections.abc import Iterator

from stack.records.dashboards.grafana import GrafanaFiles
from stack.text.durations import seconds
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule

SOURCE = "dashboards: [a.json], datasources: [{name: P, uid: p, type: prometheus"


@rule(
    Good(f"{{{SOURCE}, min_interval: 60s}}], scrape_interval_s: 60}}"),
    Good(f"{{{SOURCE}}}], scrape_interval_s: 15}}"),
    Bad(
        f"{{{SOURCE}, min_interval: 15s}}], scrape_interval_s: 60}}",
        "the datasource `P` has the interval 15s, and Prometheus scrapes every 60 s",
    ),
    Bad(
        f"{{{SOURCE}}}], scrape_interval_s: 30}}",
        "the datasource `P` has no interval, which Grafana takes for 15s, and Prometheus scrapes every 30 s",
    ),
    Unjudged(
        f"{{{SOURCE}, min_interval: '${{SCRAPE}}'}}], scrape_interval_s: 15}}",
        NotCollected("the interval of the datasource `P` is a variable whose value is not known"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/#use-__rate_interval",
)
def check(files: GrafanaFiles) -> Iterator[Finding]:
    sources = [source for source in files.datasources if source.type == "prometheus"]
    if files.scrape_interval_s is None or not sources:
        raise NotApplicable("no datasource for Prometheus is provisioned, or its scrape interval is not known")
    unknown = [source for source in sources if "$" in source.min_interval]
    for source in sources:
        if source not in unknown and (seconds(source.min_interval) or 15.0) < files.scrape_interval_s:
            has = f"the interval {source.min_interval}"
            has = has if source.min_interval else "no interval, which Grafana takes for 15s"
            message = f"the datasource `{source.name}` has {has}, and Prometheus scrapes every"
            where = Where(file=source.file or None, line=source.line)
            scrape = f"{files.scrape_interval_s:g}"
            yield Finding(f"{message} {scrape} s", where, f"`jsonData: {{timeInterval: {scrape}s}}`")
    for source in unknown:
        raise NotCollected(f"the interval of the datasource `{source.name}` is a variable whose value is not known")
