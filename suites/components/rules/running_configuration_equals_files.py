"""The running server uses the settings of its file.

A flag, a variable, an edit without a reload: then the file that everybody reads is not the one that counts. Settings
that the file leaves to each site, by a variable, are not compared.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.config.effective import EffectiveConfig
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule
from suites.retention.rules.running_retention_equals_files import DECIDES


@rule(
    Good("component: loki\nsettings: {server.log_level: [warn, warn], limits_config.max_line_size: [256KB, 262144]}"),
    Bad(
        "component: prometheus\nsettings: {global.scrape_interval: [15s, 1m]}",
        "`global.scrape_interval` is `15s` in the file and `1m` in the running prometheus",
    ),
    Bad(
        "component: loki\nsettings: {limits_config.max_line_size: [256KB, null]}",
        "`limits_config.max_line_size` is `256KB` in the file and not set in the running loki",
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/reference/loki-http-api/#show-the-current-configuration",
)
def check(config: EffectiveConfig) -> Iterator[Finding]:
    for setting in config.settings:
        if setting.same or setting.key.startswith(DECIDES):
            continue  # what decides retention is the matter of `retention/running-retention-equals-files`
        written, live = (f"`{value}`" if value else "not set" for value in (setting.written, setting.live))
        yield Finding(
            f"`{setting.key}` is {written} in the file and {live} in the running {config.component}",
            Where(file=setting.file or None, line=setting.line),
            hint="reload or restart it; if that does not help, look for flags and variables that change the setting",
        )
