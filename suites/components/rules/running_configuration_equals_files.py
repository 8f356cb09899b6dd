"""The running server uses the settings in its file.

With a flag, an environment variable or an edit without a reload, the file that people read is not what the server uses.
Settings that the file takes from a variable are not compared.
"""

from collections.abc import Iterator

from stack.records.config.effective import EffectiveConfig
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule


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
    if all(setting.is_retention for setting in config.settings):
        raise NotApplicable("the files make no settings other than on retention")
    # Retention settings are judged by `retention/running-retention-equals-files`.
    for setting, difference in config.differences(retention=False):
        hint = "reload or restart it; if that does not help, look for flags and variables that change the setting"
        yield Finding(difference, Where(file=setting.file or None, line=setting.line), hint)
