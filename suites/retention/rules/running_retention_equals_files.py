"""The running server keeps what its files say.

A flag, a variable, an edit without a restart: then the file that everybody reads is no longer the one that counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from stack.records.config.effective import EffectiveConfig
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

DECIDES = (
    "compactor.",
    "limits_config.retention",
    "limits_config.reject_old_samples",
    "limits_config.per_tenant_override_config",
    "runtime_config.",
    "schema_config.",
    "table_manager.",
    "storage.tsdb.retention.",
)
"""What settings that decide how long something is kept begin with."""


@rule(
    Good("component: loki\nsettings: {limits_config.retention_period: [168h, 1w], server.log_level: [warn, info]}"),
    Good("component: prometheus\nsettings: {storage.tsdb.retention.time: [7d, 1w]}"),
    Bad(
        "component: loki\nsettings: {compactor.retention_enabled: [true, false]}",
        "`compactor.retention_enabled` is `true` in the files and `false` in the running loki",
    ),
    Bad(
        "component: prometheus\nsettings: {storage.tsdb.retention.time: [7d, 15d]}",
        "`storage.tsdb.retention.time` is `7d` in the files and `15d` in the running prometheus",
    ),
    Bad(
        "component: loki\nsettings: {limits_config.retention_stream: [null, '{app=\"audit\"} 720h']}",
        '`limits_config.retention_stream` is not set in the files and `{app="audit"} 720h` in the running loki',
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/reference/loki-http-api/#show-the-current-configuration",
)
def check(config: EffectiveConfig) -> Iterator[Finding]:
    for setting in config.settings:
        if setting.key.startswith(DECIDES) and not setting.same:
            written, live = (f"`{value}`" if value else "not set" for value in (setting.written, setting.live))
            yield Finding(
                f"`{setting.key}` is {written} in the files and {live} in the running {config.component}",
                Where(file=setting.file or None, line=setting.line),
                hint="look for flags and variables that change it, write the wanted value into the file, and restart",
            )
