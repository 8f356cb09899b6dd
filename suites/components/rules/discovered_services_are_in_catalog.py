"""Every service that service discovery knows is one of the catalog or a component.

In Consul that is what is registered, in Docker what has the label `prometheus.io/scrape=true`, in Kubernetes the pods
and services with the annotation `prometheus.io/scrape: "true"`. What nobody described has no owner, and nobody misses
it once it is gone.
"""

from collections.abc import Iterator

from stack.records.live.discovery import TITLES, DiscoveredServices
from suites.core.finding import Finding
from suites.core.rule import Bad, Good, Level, rule

ORDERS = "{names: [orders, orders-7c9f], place: pod shop/orders-7c9f}"
CRON = "{names: [cron], place: service cron}"


@rule(
    Good("{source: kubernetes, known: [orders], services: [" + ORDERS + "]}"),
    Good("{source: docker, known: [orders], services: [" + ORDERS + ", {names: [db], place: c, to_scrape: false}]}"),
    Bad(
        "{source: consul, known: [orders], services: [" + ORDERS + ", " + CRON + "]}",
        "`cron` (service cron) is in Consul, and neither in the catalog nor a component",
    ),
    level=Level.SHOULD,
    source="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kubernetes_sd_config",
)
def check(found: DiscoveredServices) -> Iterator[Finding]:
    unknown = {
        one.names[0]: one.place
        for one in reversed(found.services)
        if one.to_scrape and not {name.lower() for name in one.names} & set(found.known)
    }
    for name, place in sorted(unknown.items()):
        yield Finding(
            f"`{name}` ({place}) is in {TITLES[found.source]}, and neither in the catalog nor a component",
            hint="describe the service in the catalog, name it under `jobs` in the target file, or remove it",
        )
