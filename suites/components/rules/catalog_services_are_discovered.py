"""Service discovery knows every service of the catalog.

A service that lost its registration is scraped no more, nor are its new replicas, however well it runs. A service is
sought in all sources that the target file names.
"""

from collections.abc import Iterator

from stack.records.live.discovery import TITLES, DeclaredServices
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule


@rule(
    Good("{declared: [[orders, shop]], observed: [shop], sources: [consul]}"),
    Bad(
        "{declared: [[orders], [payments]], observed: [orders], sources: [consul, docker]}",
        "service `payments` of the catalog is not in Consul, nor in Docker",
    ),
    level=Level.MUST,
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#consul_sd_config",
)
def check(live: DeclaredServices) -> Iterator[Finding]:
    where = ", nor in ".join(TITLES[source] for source in live.sources)
    observed = set(live.observed)
    for names in live.declared:
        if observed.isdisjoint(names):
            also = f" (also sought: {', '.join(names[1:])})" if len(names) > 1 else ""
            yield Finding(
                f"service `{names[0]}` of the catalog is not in {where}{also}",
                hint="register it again, or start it; one that is found by other means is waived",
            )
