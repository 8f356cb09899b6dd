"""A pytest plugin that looks whether every panel that may be empty is filled, by a run's requests or by faults.

Load it with `-p tests.support.fills_panels`. Most of them the run's own requests fill, some of which fail or are
refused. What those do not reach, it does: somebody's wrong sign-in at the console, and retention that runs within
seconds of Loki's start, not after ten minutes. `PANELS_LEFT` names the file for those that stayed empty.
"""

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from stack.backends.local import recipes
from stack.backends.local.context import ComponentContext, Launch
from stack.eventually import eventually_or_last
from stack.records.dashboards.dashboard import Dashboard
from suites.core.inspected_stack import InspectedStack
from suites.dashboards.collect.files import Files, read
from suites.dashboards.collect.panels import Opened
from suites.dashboards.collect.running import DashboardsCollector
from suites.dashboards.collect.stores import stores_of

LEFT = "PANELS_LEFT"
WITHIN_S = 30.0
"""Grafana's window of a rate is a minute; requests are sent every 20 s."""

Declared = set[tuple[str, str, str]]
"""Queries by dashboard, panel and id."""


def pytest_configure(config: pytest.Config) -> None:  # noqa: ARG001  # the hook passes it by name
    """Put the faults before the dashboards are opened, and open them until every panel was filled once."""
    loki = recipes.loki

    def loki_that_deletes_soon(context: ComponentContext) -> Launch:
        made = loki(context)
        return replace(made, arguments=[*made.arguments, "-compactor.compaction-interval=1s"])

    async def observe(self: DashboardsCollector, stack: InspectedStack) -> None:
        assert stack.config_dir is not None
        await _refused_at(stack.endpoint("console"))
        files = read(stack.config_dir)
        left = declared(files)

        async def look() -> Declared:
            await self._traffic()
            left.difference_update(await _filled(stack, files))
            return left

        await eventually_or_last(look, lambda empty: not empty, WITHIN_S, "every panel was filled once")
        Path(os.environ[LEFT]).write_text(json.dumps(sorted(left)), encoding="utf-8")

    recipes.loki = loki_that_deletes_soon
    DashboardsCollector.observed = observe  # type: ignore[method-assign]  # that is the point


def declared(files: Files) -> Declared:
    """The queries of panels that say what no data means."""
    return {
        (board.subject, panel.name, query.ref_id)
        for board in files.dashboards
        for panel in board.panels
        if panel.no_value is not None
        for query in panel.queries
    }


async def _refused_at(console: object) -> None:
    if isinstance(console, str):
        async with httpx.AsyncClient(trust_env=False) as http:
            wrong = {"name": "nobody", "password": "a guess"}
            await http.post(f"{console}/api/v1/session", json=wrong, headers={"Origin": console})


async def _filled(stack: InspectedStack, files: Files) -> Declared:
    stores = await asyncio.to_thread(stores_of, stack.stack, files.datasources, stack.http)

    async def of(board: Dashboard) -> Declared:
        # Over a month a step lasts hours, and is drawn when it is over.
        opened = Opened(replace(board, time_from="now-15m"), stores)
        await opened.query_missing()
        return {(board.subject, one.panel, one.ref_id) for one in opened.panels.values() if one.values}

    return set().union(*await asyncio.gather(*map(of, files.dashboards)))
