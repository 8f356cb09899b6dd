"""Grafana serves every provisioned datasource under its uid, as the file has it.

Dashboards and alerts refer to datasources by uid; one that was made by hand, or is still there from another time,
answers to a uid that no file knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.dashboards.datasource import GrafanaDatasources
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

FILE = "promised: [{name: Loki, uid: loki, type: loki}]\nserved: "


@rule(
    Good(FILE + "[{uid: loki, type: loki}, {uid: more, type: tempo}]\n"),
    Bad(FILE + "[{uid: P8E80F9AEF21F6940, type: loki}]\n", "Grafana serves no datasource with the uid `loki`"),
    Bad(FILE + "[{uid: loki, type: prometheus}]\n", "the datasource `loki` is served as prometheus, not as loki"),
    Bad(
        FILE + "[{uid: loki, type: loki, read_only: false}]\n",
        "the datasource `loki` can be changed by hand, so it need not be what the file says",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources",
)
def check(datasources: GrafanaDatasources) -> Iterator[Finding]:
    served = {datasource.uid: datasource for datasource in datasources.served}
    for promised in datasources.promised:
        where = Where(file=promised.file or None, line=promised.line, url=datasources.url or None)
        found = served.get(promised.uid)
        if found is None:
            hint = "see Grafana's log for `provisioning`, and whether the folder is mounted"
            yield Finding(f"Grafana serves no datasource with the uid `{promised.uid}`", where, hint)
        elif found.type != promised.type:
            message = f"the datasource `{promised.uid}` is served as {found.type}, not as {promised.type}"
            yield Finding(message, where, "remove the one made by hand, then restart Grafana")
        elif not found.read_only:
            message = f"the datasource `{promised.uid}` can be changed by hand, so it need not be what the file says"
            yield Finding(message, where, "set `editable: false` in the file")
