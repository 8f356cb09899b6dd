"""Grafana serves every provisioned datasource under its uid, as its file defines it.

Dashboards and alerts refer to datasources by uid; one that was created by hand, or is left over, has a uid that is in
no file.
"""

from collections.abc import Iterator

from stack.records.dashboards.datasource import GrafanaDatasources
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

FILE = "provisioned: [{name: Loki, uid: loki, type: loki}]\nserved: "


@rule(
    Good(FILE + "[{uid: loki, type: loki}, {uid: more, type: tempo}]\n"),
    Bad(FILE + "[{uid: P8E80F9AEF21F6940, type: loki}]\n", "Grafana serves no datasource with the uid `loki`"),
    Bad(FILE + "[{uid: loki, type: prometheus}]\n", "the datasource `loki` is served as prometheus, not as loki"),
    Bad(
        FILE + "[{uid: loki, type: loki, read_only: false}]\n",
        "the datasource `loki` is editable, so it may differ from the file",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources",
)
def check(datasources: GrafanaDatasources) -> Iterator[Finding]:
    if not datasources.provisioned:
        raise NotApplicable("no datasource is provisioned")
    served = {datasource.uid: datasource for datasource in datasources.served}
    for provisioned in datasources.provisioned:
        where = Where(file=provisioned.file or None, line=provisioned.line, url=datasources.url or None)
        found = served.get(provisioned.uid)
        if found is None:
            hint = "check Grafana's log for `provisioning`, and that the folder is mounted"
            yield Finding(f"Grafana serves no datasource with the uid `{provisioned.uid}`", where, hint)
        elif found.type != provisioned.type:
            message = f"the datasource `{provisioned.uid}` is served as {found.type}, not as {provisioned.type}"
            yield Finding(message, where, "delete the one that was created by hand, then restart Grafana")
        elif not found.read_only:
            message = f"the datasource `{provisioned.uid}` is editable, so it may differ from the file"
            yield Finding(message, where, "set `editable: false` in the file")
