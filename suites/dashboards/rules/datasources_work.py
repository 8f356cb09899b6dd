"""Every datasource of Grafana works, by Grafana's own check of it.

A datasource that cannot be reached from where Grafana runs leaves every panel on it empty, whatever Prometheus and
Loki say of themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.dashboards.datasource import GrafanaDatasources
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

FILE = "promised: [{name: Loki, uid: loki, type: loki}]\nserved: "


@rule(
    Good(FILE + "[{uid: loki, type: loki}]\n"),
    Bad(
        FILE + "[{uid: loki, type: loki, unhealthy: 'connect: connection refused'}]\n",
        "the datasource `loki` does not work: connect: connection refused",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/developers/http_api/data_source/#check-data-source-health-by-uid",
)
def check(datasources: GrafanaDatasources) -> Iterator[Finding]:
    if not datasources.served:
        raise NotApplicable("Grafana serves no datasource")
    files = {promised.uid: promised for promised in datasources.promised}
    for served in datasources.served:
        if served.unhealthy:
            promised = files.get(served.uid)
            yield Finding(
                f"the datasource `{served.uid or served.name}` does not work: {served.unhealthy}",
                Where(file=promised.file or None if promised else None, line=promised.line if promised else None),
                "ask its address from where Grafana runs; PROMETHEUS_URL and LOKI_URL in Grafana's environment set it",
            )
