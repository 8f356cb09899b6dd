"""The running Prometheus has alerting rules.

Without any, nothing is ever reported: a rule directory that was not mounted leaves no error behind.
"""

from collections.abc import Iterator

from stack.records.alerts.running import LoadedRules
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{loaded: [{group: logs, name: LokiErrors, alerting: true}]}"),
    Bad("{loaded: []}", "Prometheus has no alerting rule"),
    Bad(
        "{loaded: [{group: a, name: 'job:up:sum', alerting: false}]}",
        "Prometheus has no alerting rule, only 1 recording",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/querying/api/#rules",
)
def check(rules: LoadedRules) -> Iterator[Finding]:
    if rules.files and not rules.loaded:
        raise NotApplicable("its rule files are not loaded, see `alerts/rules-loaded`")
    if not any(loaded.alerting for loaded in rules.loaded):
        number = len(rules.loaded)
        only = f", only {number} recording{'s' if number > 1 else ''}" if number else ""
        yield Finding(
            f"{rules.server} has no alerting rule{only}",
            hint="name rule files under `rule_files`; where another server evaluates alerts, attach to that one",
        )
