"""No stream or tenant keeps logs longer than promised, which is seven days unless the site says otherwise.

A retention period for one stream or one tenant overrides the general one, and is easily forgotten.
"""

from collections.abc import Iterator
from typing import Any

from stack.records.config.loki import LokiConfig
from stack.text.durations import HOUR, seconds
from stack.text.yaml_text import section
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, rule

FILE = "runtime_config: {file: overrides.yaml}\n"


@rule(
    Good(FILE + "---\noverrides: {dante: {ingestion_rate_mb: 20}}"),
    Bad(
        "limits_config: {retention_stream: [{selector: '{service=\"audit\"}', priority: 1, period: 720h}]}",
        'streams `{service="audit"}` are kept for 720h, longer than 168h',
    ),
    Bad(
        FILE + "---\noverrides: {dante: {retention_period: 31d}}",
        "tenant `dante`: logs are kept for 31d, longer than 168h",
    ),
    Bad(FILE + "---\noverrides: {dante: {retention_period: 0}}", "tenant `dante`: logs are kept forever"),
    Bad(FILE, "overrides in `overrides.yaml` cannot be read here and may keep logs longer"),
    level=Level.MUST,
    source="https://grafana.com/docs/loki/latest/operations/storage/retention/#configuring-the-retention-period",
)
def check(loki: LokiConfig) -> Iterator[Finding]:
    where = Where(file=loki.file, line=loki.line("limits_config", "retention_stream"))
    for stream in _streams(loki.section("limits_config")):
        yield from _too_long(loki, f"streams `{stream.get('selector')}`", stream.get("period", "0s"), where)
    if loki.overrides is None:
        yield Finding(
            f"overrides in `{loki.runtime_file}` cannot be read here and may keep logs longer",
            Where(file=loki.file, line=loki.line("runtime_config", "file")),
            hint="keep the file next to the configuration, or remove `runtime_config`",
        )
    for tenant, limits in section(loki.overrides, "overrides").items():
        where = Where(file=loki.runtime_file)
        if "retention_period" in section(limits):
            yield from _too_long(loki, f"tenant `{tenant}`: logs", limits["retention_period"], where)
        for stream in _streams(section(limits)):
            name = f"tenant `{tenant}`: streams `{stream.get('selector')}`"
            yield from _too_long(loki, name, stream.get("period", "0s"), where)


def _streams(limits: dict[str, Any]) -> Iterator[dict[str, Any]]:
    found = limits.get("retention_stream")
    yield from (stream for stream in (found if isinstance(found, list) else []) if isinstance(stream, dict))


def _too_long(loki: LokiConfig, what: str, period: object, where: Where) -> Iterator[Finding]:
    kept, promised = seconds(period), f"{loki.promised_s / HOUR:g}h"
    if kept == 0:
        yield Finding(f"{what} are kept forever", where, hint=f"{promised} at most")
    elif kept is None or kept > loki.promised_s:
        yield Finding(f"{what} are kept for {period}, longer than {promised}", where, hint=f"{promised} at most")
