"""Looks at Grafana and the dashboards of a running stack, and keeps what was seen in the run's evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from stack.backends.base import RunningStack
from suites.collect.runners.local import LiveService
from suites.collect.traffic import provoke
from suites.dashboards.collect import files, grafana
from suites.dashboards.collect.running import collect as open_all
from suites.dashboards.collect.stores import stores_of

if TYPE_CHECKING:
    from suites.run.settings import Run


async def look(
    run: Run,
    stack: RunningStack,
    stack_dir: Path,
    http: httpx.AsyncClient,
    areas: Collection[str],
    say: Callable[[str], None],
    services: Sequence[LiveService] = (),
) -> None:
    """Open the dashboards below `stack_dir` and try Grafana's doors; call it while the services' data is fresh.

    The `services` are sent their requests once more: the first ones made most series appear, and a rate sees only
    what a series gains after that.
    """
    shipped = files.read(stack_dir)
    stores = await asyncio.to_thread(stores_of, stack, shipped.datasources, http)
    if "dashboards" in areas:
        say(f"opening {len(shipped.dashboards)} dashboards")
        await asyncio.gather(
            *(provoke(http, live.base_url, live.service) for live in services if live.base_url and not live.quiet)
        )
        found = await open_all(stores, shipped.dashboards, _partial(run))
        for subject, records in found.items():
            run.store.put(subject, records, "live")
        run.store.put("grafana", await grafana.collect(stores, shipped.datasources), "live")


def _partial(run: Run) -> str:
    """Say why this run's data is no measure for a dashboard; empty where it is."""
    option = run.config.getoption
    if option("--service") or option("--service-url"):
        return "this run observes chosen services only, and a dashboard shows all; run without --service"
    if option("--catalog"):
        return "the shipped dashboards show the reference services; this run observes those of another catalog"
    if run.target is not None and run.target.files is None:
        return "the target file does not say which files the attached stack was deployed from (`files:`)"
    return ""
