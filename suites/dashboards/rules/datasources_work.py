"""Every datasource of Grafana passes Grafana's own health check.

A datasource that Grafana cannot reach leaves every panel on it empty, even while Prometheus and Loki are healthy.
"""

from collections.abc import Iterator

from stack.records.dashboards.datasource import GrafanaDatasources
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

FILE = "provisioned: [{name: Loki, uid: loki, type: loki}]\nserved: "


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
    files = {provisioned.uid: provisioned for provisioned in datasources.provisioned}
    for served in datasources.served:
        if served.unhealthy:
            provisioned = files.get(served.uid)
            yield Finding(
                f"the datasource `{served.uid or served.name}` does not work: {served.unhealthy}",
                Where(
                    file=provisioned.file or None if provisioned else None,
                    line=provisioned.line if provisioned else None,
                ),
                "request its address from where Grafana runs; PROMETHEUS_URL and LOKI_URL in its environment set it",
            )
