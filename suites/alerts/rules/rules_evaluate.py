"""Every rule in the running Prometheus or Loki evaluates without an error.

A rule with an error, such as a duplicate series in a join or a function on the wrong type, never fires.
"""

from collections.abc import Iterator

from stack.records.alerts.running import LoadedRules
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{loaded: [{group: logs, name: LokiErrors}, {group: logs, name: LogLinesDropped, evaluated: false}]}"),
    Bad(
        "{loaded: [{group: logs, name: LokiErrors, error: 'many-to-many matching not allowed'}]}",
        "rule `LokiErrors` fails: many-to-many matching not allowed",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/api/#rules",
)
def check(rules: LoadedRules) -> Iterator[Finding]:
    if not rules.loaded:
        raise NotApplicable("the server has no rules")
    for loaded in rules.loaded:
        if loaded.error:
            yield Finding(
                f"rule `{loaded.name}` fails: {loaded.error}",
                Where(file=next((file for file, key in rules.files if key == (loaded.group, loaded.name)), None)),
                hint=f"fix its expression in group `{loaded.group}`; test it with `promtool test rules`",
            )
