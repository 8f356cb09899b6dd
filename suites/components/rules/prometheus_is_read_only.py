"""Prometheus accepts no changes over HTTP.

With these flags anyone who reaches the port can delete series, stop the server or write samples.
"""

from collections.abc import Iterator

from stack.records.config.prometheus import PrometheusConfig
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, rule

SWITCHES = (
    "web.enable-admin-api",
    "web.enable-lifecycle",
    "web.enable-remote-write-receiver",
    "web.enable-otlp-receiver",
)


@rule(
    Good("# flag: --storage.tsdb.retention.time=7d"),
    Bad(
        "# flag: --web.enable-admin-api",
        "`--web.enable-admin-api` lets anyone who reaches the port change or stop Prometheus",
    ),
    Bad(
        "# flag: --web.enable-lifecycle=true",
        "`--web.enable-lifecycle` lets anyone who reaches the port change or stop Prometheus",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/operating/security/#prometheus",
)
def check(prometheus: PrometheusConfig) -> Iterator[Finding]:
    if not prometheus.flags_known:
        raise NotApplicable("its flags are not known: there is no compose file beside its configuration")
    for switch in SWITCHES:
        if prometheus.on(switch):
            yield Finding(
                f"`--{switch}` lets anyone who reaches the port change or stop Prometheus",
                Where(file=prometheus.flags_file, line=prometheus.flags_line),
                hint=f"remove `--{switch}`; reload the configuration with `docker compose kill -s HUP prometheus`",
            )
