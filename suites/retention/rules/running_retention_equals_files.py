"""The running server has the retention settings in its file.

With a flag, an environment variable or an edit without a restart, the file that people read is not what the server
uses.
"""

from collections.abc import Iterator

from stack.records.config.effective import EffectiveConfig
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


@rule(
    Good("component: loki\nsettings: {limits_config.retention_period: [168h, 1w], server.log_level: [warn, info]}"),
    Good("component: prometheus\nsettings: {storage.tsdb.retention.time: [7d, 1w]}"),
    Bad(
        "component: loki\nsettings: {compactor.retention_enabled: [true, false]}",
        "`compactor.retention_enabled` is `true` in the file and `false` in the running loki",
    ),
    Bad(
        "component: prometheus\nsettings: {storage.tsdb.retention.time: [7d, 15d]}",
        "`storage.tsdb.retention.time` is `7d` in the file and `15d` in the running prometheus",
    ),
    Bad(
        "component: loki\nsettings: {limits_config.retention_stream: [null, '{app=\"audit\"} 720h']}",
        '`limits_config.retention_stream` is not set in the file and `{app="audit"} 720h` in the running loki',
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/reference/loki-http-api/#show-the-current-configuration",
)
def check(config: EffectiveConfig) -> Iterator[Finding]:
    if all(not setting.is_retention for setting in config.settings):
        raise NotApplicable("the files make no settings on retention")
    for setting, difference in config.differences(retention=True):
        hint = "look for flags and variables that change it, set the wanted value in the file, and restart"
        yield Finding(difference, Where(file=setting.file or None, line=setting.line), hint)
