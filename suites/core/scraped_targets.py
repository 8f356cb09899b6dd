"""The targets of the running Prometheus, once each of them was scraped."""

import time
from collections.abc import Collection, Mapping

from stack.clients.prometheus import PrometheusClient
from stack.eventually import eventually_or_last
from stack.records.scrape.target import Target

SCRAPED_S = 10.0
"""How long a scrape is waited for; Prometheus spreads first scrapes over one interval."""


async def targets_by_job(prometheus: PrometheusClient, jobs: Collection[str]) -> Mapping[str, tuple[Target, ...]]:
    """All active targets by job, as soon as those of `jobs` are up or were scraped since; raises PrometheusError.

    What is not up may have been scraped for the last time before it was ready: only a scrape from now on tells.
    """
    begun = time.time()

    async def fetch() -> dict[str, tuple[Target, ...]]:
        found: dict[str, tuple[Target, ...]] = {}
        for target in await prometheus.targets():
            found[target.job] = (*found.get(target.job, ()), target)
        return found

    def all_scraped(found: Mapping[str, tuple[Target, ...]]) -> bool:
        targets = [target for job in jobs for target in found.get(job, ())]
        return all(target.health == "up" or target.last_scrape > begun for target in targets)

    return await eventually_or_last(fetch, all_scraped, SCRAPED_S, describe="every target was scraped")
