"""Loki's ruler has the address of an Alertmanager.

Without one it evaluates its rules, and no notification is sent.
"""

from collections.abc import Iterator

from stack.records.alerts.setup import Ruler
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{files: [fake/a.yml], alerts: 1, alertmanager_url: 'http://alertmanager:9093'}"),
    Bad("{files: [fake/a.yml], alerts: 2}", "`ruler.alertmanager_url` is empty: 2 alerts on logs are sent to nobody"),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/configure/#ruler",
)
def check(ruler: Ruler) -> Iterator[Finding]:
    if not ruler.alerts:
        raise NotApplicable("Loki's ruler is given no alerts")
    if not ruler.alertmanager_url:
        alerts = f"{ruler.alerts} alert{'s' if ruler.alerts > 1 else ''}"
        message = f"`ruler.alertmanager_url` is empty: {alerts} on logs are sent to nobody"
        yield Finding(message, Where(file=ruler.file, line=ruler.line), "`alertmanager_url: http://alertmanager:9093`")
