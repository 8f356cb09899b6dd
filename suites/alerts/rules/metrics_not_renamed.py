"""Rules are on metrics that are still called so.

An exporter that renames a metric silences every alert on it: the old series are gone, and no error says so.
"""

from collections.abc import Iterator

from stack.records.alerts.running import LoadedRules
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule


@rule(
    Good("{loaded: [{group: logs, name: LokiErrors}]}"),
    Bad(
        "{loaded: [{group: machine, name: CpuBusy, renamed: [[node_cpu, node_cpu_seconds_total]]}]}",
        "`CpuBusy` is on `node_cpu`, of which there is no series; there is `node_cpu_seconds_total`",
    ),
    Unjudged(
        "{loaded: [{group: logs, name: LokiErrors}], server: Loki}", NotApplicable("the rules of Loki are on log lines")
    ),
    Unjudged(
        "{loaded: [{group: logs, name: LokiErrors}], has_series: false}",
        NotCollected("the server has no series yet"),
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/practices/naming/#metric-names",
)
def check(rules: LoadedRules) -> Iterator[Finding]:
    if not rules.loaded:
        raise NotApplicable("the server has no rules")
    if rules.server != "Prometheus":
        raise NotApplicable(f"the rules of {rules.server} are on log lines")
    if not rules.has_series:
        raise NotCollected("the server has no series yet")
    for loaded in rules.loaded:
        for old, new in loaded.renamed:
            yield Finding(
                f"`{loaded.name}` is on `{old}`, of which there is no series; there is `{new}`",
                Where(file=next((file for file, key in rules.files if key == (loaded.group, loaded.name)), None)),
                hint=f"if it was renamed, change the expression of `{loaded.name}`",
            )
