"""Clients send alerts to the path that Alertmanager serves under.

Behind a sub-path (`--web.external-url=…/alertmanager/`) Alertmanager answers 404 elsewhere. Prometheus counts these
errors, and everything looks calm.
"""

from collections.abc import Iterator

from stack.records.alerts.setup import AlertmanagerSetup
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{config_file: /a.yml, prefix: /alertmanager, path_prefixes: [[Prometheus, /alertmanager/]]}"),
    Bad(
        '{config_file: /a.yml, prefix: /alertmanager, path_prefixes: [[Prometheus, /], ["Loki\'s ruler", /am]]}',
        "Alertmanager serves under `/alertmanager`, and Prometheus sends alerts to `/`",
        "Alertmanager serves under `/alertmanager`, and Loki's ruler sends alerts to `/am`",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#alertmanager_config",
)
def check(setup: AlertmanagerSetup) -> Iterator[Finding]:
    if not setup.path_prefixes:
        raise NotApplicable("it is not known who sends alerts to Alertmanager")
    serves = f"/{setup.prefix.strip('/')}"
    for client, prefix in setup.path_prefixes:
        sends = f"/{prefix.strip('/')}"
        if sends != serves:
            message = f"Alertmanager serves under `{serves}`, and {client} sends alerts to `{sends}`"
            hint = "set `path_prefix` of the client, or `--web.route-prefix=/` of Alertmanager"
            yield Finding(message, Where(file=setup.compose_file, line=setup.line), hint)
