"""Grafana serves the dashboard under its uid, from its file.

A file in the folder is not yet a dashboard: the provider may read another folder, Grafana may reject the file, or
another dashboard may have been saved under the uid.
"""

from collections.abc import Iterator

from stack.records.dashboards.grafana import ServedDashboard
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

FILE = "uid: services\nfile: stack/grafana/dashboards/services.json\ntitle: Services\npanels: 9\n"


@rule(
    Good(FILE + "served_title: Services\nserved_panels: 9\nprovisioned: true\n"),
    Bad(FILE, "Grafana has no dashboard under the uid `services`"),
    Bad(
        FILE + "served_title: Services\nserved_panels: 9\n",
        "the dashboard `services` that Grafana serves does not come from a file",
    ),
    Bad(
        FILE + "served_title: Old services\nserved_panels: 7\nprovisioned: true\n",
        "Grafana serves `services` with the title `Old services` and 7 panels, "
        "the file has the title `Services` and 9 panels",
    ),
    Bad(FILE + "error: 'Grafana refuses the credentials of this run'\n", "Grafana refuses the credentials of this run"),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/administration/provisioning/#dashboards",
)
def check(served: ServedDashboard) -> Iterator[Finding]:
    where = Where(file=served.file, url=served.url)
    if served.error:
        yield Finding(served.error, where, "check Grafana's log and the credentials given to this run")
    elif served.served_title is None:
        hint = "check Grafana's log for `provisioning`: it names the file that it rejected and the folder that it read"
        yield Finding(f"Grafana has no dashboard under the uid `{served.uid}`", where, hint)
    elif not served.provisioned:
        hint = "delete the one that was saved by hand; the provider then loads the file"
        yield Finding(f"the dashboard `{served.uid}` that Grafana serves does not come from a file", where, hint)
    elif (served.served_title, served.served_panels) != (served.title, served.panels):
        yield Finding(
            f"Grafana serves `{served.uid}` with the title `{served.served_title}` and {served.served_panels} panels, "
            f"the file has the title `{served.title}` and {served.panels} panels",
            where,
            "Grafana reads the folder every 30 s (`updateIntervalSeconds`); another file may have the same uid",
        )
