"""The configuration is mounted where Alertmanager reads it.

Otherwise it runs with the example of its image, which sends everything to 127.0.0.1:5001, and reports no error.
"""

from collections.abc import Iterator

from stack.records.alerts.setup import AlertmanagerSetup
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("{config_file: /etc/alertmanager/alertmanager.yml, mounted: [[./alertmanager, /etc/alertmanager]]}"),
    Good("{config_file: /am.yml, mounted: [[./alertmanager/alertmanager.yml, /am.yml]]}"),
    Bad(
        "{config_file: /etc/alertmanager/alertmanager.yml, mounted: [[./alertmanager/alertmanager.yml, /etc/am.yml]]}",
        "Alertmanager reads `/etc/alertmanager/alertmanager.yml`, and `alertmanager/alertmanager.yml` is not mounted "
        "there",
    ),
    Bad(
        "{config_file: /etc/alertmanager/config.yml, mounted: [[./alertmanager, /etc/alertmanager]]}",
        "Alertmanager reads `/etc/alertmanager/config.yml`, and `alertmanager/alertmanager.yml` is not mounted there",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/alerting/latest/configuration/#configuration-file-introduction",
)
def check(setup: AlertmanagerSetup) -> Iterator[Finding]:
    if not setup.mounted and not setup.config_file:
        raise NotApplicable("no compose file starts an Alertmanager")
    seen = [
        target.rstrip("/") + setup.file.removeprefix(source)
        for source, target in ((one.removeprefix("./").rstrip("/"), other) for one, other in setup.mounted)
        if setup.file == source or setup.file.startswith(f"{source}/")
    ]
    if setup.config_file not in seen:
        message = f"Alertmanager reads `{setup.config_file}`, and `{setup.file}` is not mounted there"
        yield Finding(message, Where(file=setup.compose_file, line=setup.line), f"mount it to `{setup.config_file}`")
