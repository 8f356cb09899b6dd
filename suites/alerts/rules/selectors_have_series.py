"""Every alert is on series that exist.

An alert on a metric that nobody exposes, or with a label that no series has, never fires, and no error says so. Labels
whose values begin with the first event, such as a status code, are left out of the question, and so are metrics that
the expression itself expects to begin (`or (m unless m offset 10m)`) or to be absent.
"""

from collections.abc import Iterator

from stack.records.alerts.running import LoadedRules
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, Unjudged, rule


@rule(
    Good("{loaded: [{group: logs, name: LokiErrors}]}"),
    Bad(
        "{loaded: [{group: machine, name: CpuBusy, unfed: ['node_cpu{mode=\"idle\"}']}]}",
        '`CpuBusy` is on `node_cpu{mode="idle"}`, of which there is no series',
    ),
    Unjudged(
        "{loaded: [{group: logs, name: LokiErrors, sought: false}]}",
        NotApplicable("no rule is on series that there have to be in this run"),
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/practices/alerting/",
)
def check(rules: LoadedRules) -> Iterator[Finding]:
    if rules.server != "Prometheus" or not rules.loaded:
        raise NotApplicable("the server has no rules on series")
    if not any(loaded.sought for loaded in rules.loaded):
        raise NotApplicable("no rule is on series that there have to be in this run")
    for loaded in rules.loaded:
        for selector in loaded.unfed if not loaded.renamed else ():
            yield Finding(
                f"`{loaded.name}` is on `{selector}`, of which there is no series",
                Where(file=next((file for file, key in rules.files if key == (loaded.group, loaded.name)), None)),
                hint="correct it; where there need not be any, say why in an annotation `may_be_absent`",
            )
