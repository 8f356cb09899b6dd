"""Grafana's files provision datasources with fixed uids, and at least one dashboard.

What is created by hand is lost with the volume. A datasource without a uid in its file gets a new one in each new
Grafana, and every dashboard that refers to it breaks.
"""

from collections.abc import Iterator

from stack.records.dashboards.grafana import GrafanaFiles
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

LOKI = "{name: Loki, uid: loki, type: loki}"


@rule(
    Good(f"{{dashboards: [services.json], datasources: [{LOKI}]}}"),
    Bad(f"{{datasources: [{LOKI}]}}", "no dashboard is provisioned"),
    Bad("{dashboards: [services.json]}", "no datasource is provisioned"),
    Bad(
        "{dashboards: [services.json], datasources: [{name: Loki, uid: '', type: loki}]}",
        "the datasource `Loki` has no `uid`",
    ),
    Bad(
        f"{{dashboards: [services.json], datasources: [{LOKI}], problems: ['datasources.yml: line 3: no mapping']}}",
        "datasources.yml: line 3: no mapping",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/administration/provisioning/",
)
def check(files: GrafanaFiles) -> Iterator[Finding]:
    for problem in files.problems:
        yield Finding(problem, hint="fix the file; Grafana does not start with it")
    if not files.dashboards:
        hint = "save a dashboard's JSON model in stack/grafana/dashboards"
        yield Finding("no dashboard is provisioned", hint=hint)
    if not files.datasources and not files.problems:
        hint = "list Prometheus and Loki in stack/grafana/provisioning/datasources"
        yield Finding("no datasource is provisioned", hint=hint)
    for source in files.datasources:
        if not source.uid:
            where = Where(file=source.file or None, line=source.line)
            yield Finding(f"the datasource `{source.name}` has no `uid`", where, "set one that never changes")
