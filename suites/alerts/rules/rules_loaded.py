"""Prometheus and Loki have loaded every rule of their rule files, with their expressions and waiting times.

A rule file that was not mounted, or was changed without a reload, fires no alert or the wrong ones, and no error says
so.
"""

from collections.abc import Iterator

from stack.records.alerts.running import LoadedRules
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{loaded: [{group: logs, name: LokiErrors}], files: {rules/stack.yml: [logs/LokiErrors]}}"),
    Bad(
        "{loaded: [], files: {rules/stack.yml: [logs/LokiErrors, logs/LogLinesDropped]}}",
        "2 rules of rules/stack.yml are not in the running Prometheus: `LokiErrors`, `LogLinesDropped`",
    ),
    Bad(
        "{loaded: [{group: logs, name: LokiErrors}], files: {rules/stack.yml: [logs/LokiErrors]}, "
        "changed: [[rules/stack.yml, LokiErrors, 'its `for` is 5h, in the file 5m']]}",
        "`LokiErrors` of rules/stack.yml is another in the running Prometheus: its `for` is 5h, in the file 5m",
    ),
    Bad(
        "{loaded: [], files: {loki/rules/fake/a.yml: [logs/Burst]}, server: Loki}",
        "1 rule of loki/rules/fake/a.yml is not in the running Loki: `Burst`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/api/#rules",
)
def check(rules: LoadedRules) -> Iterator[Finding]:
    if not rules.files:
        raise NotApplicable("there are no rule files to compare with")
    loaded = {(rule.group, rule.name) for rule in rules.loaded}
    for file in dict.fromkeys(file for file, _ in rules.files):
        missing = [key[1] for source, key in rules.files if source == file and key not in loaded]
        if missing:
            count = "1 rule" if len(missing) == 1 else f"{len(missing)} rules"
            verb = "is" if len(missing) == 1 else "are"
            names = ", ".join(f"`{name}`" for name in missing)
            yield Finding(
                f"{count} of {file} {verb} not in the running {rules.server}: {names}",
                Where(file=file),
                hint="check that `rule_files` matches the file, and reload Prometheus (SIGHUP)"
                if rules.server == "Prometheus"
                else "check that the file is in its tenant's folder below `ruler.storage.local.directory`",
            )
    for file, name, difference in rules.changed:
        yield Finding(
            f"`{name}` of {file} is another in the running {rules.server}: {difference}",
            Where(file=file),
            hint="reload it (Prometheus: SIGHUP; Loki reads its folder every minute), or deploy the file that is meant",
        )
