"""Looks at retention in a run: what the running servers say about it, and the trial on throwaway servers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from stack.backends.base import RunningStack
from stack.records.config.effective import EffectiveConfig
from suites.collect.static_files import STACK
from suites.components.collect.running_components import NO_FILES
from suites.core.evidence import NotEvaluated
from suites.retention.collect.running import collect, keep, no_trial, trial
from suites.run.options import retention_trial

if TYPE_CHECKING:
    from suites.run.settings import Run

READ_ONLY = NotEvaluated("an attached stack is only read; whether anything too old is left tells of it", applies=False)


async def hold_trial(run: Run, areas: Collection[str], starting: asyncio.Future[RunningStack] | None, say: Say) -> None:
    """Prove on throwaway servers that old data is deleted, beside everything else.

    `starting` is a stack that has to be there first: what cannot be had at all is told at once, not after a trial.
    """
    if "retention" not in areas:
        return
    if starting is not None:
        await asyncio.wait([starting])
        if starting.exception() is not None:
            return
    if run.target:
        keep(no_trial(READ_ONLY), run.store)
    elif retention_trial(run.config):
        keep(await trial(run.folder / "retention-trial", STACK, say), run.store)
    else:
        keep(no_trial(), run.store)


async def look(
    run: Run, stack: RunningStack, files: Path | None, http: httpx.AsyncClient, areas: Collection[str]
) -> None:
    """Read what the running servers say about retention; `files` is where the stack's files are, if that is known."""
    if not {"retention", "components"} & set(areas):  # both judge the settings in use
        return
    loki, prometheus = (_endpoint(stack, name) for name in ("loki", "prometheus"))
    found = await collect(loki, prometheus, files or STACK, http, time.time())
    if files is None:
        found = {name: {**records, EffectiveConfig: NO_FILES} for name, records in found.items()}
    keep(found, run.store, of_the_stack=True)


def _endpoint(stack: RunningStack, name: str) -> str | NotEvaluated:
    """Where a component answers, or why it does not."""
    component = stack.components.get(name)
    if component is None:
        return NotEvaluated(f"the stack has no {name}")
    return stack.endpoint(name) or NotEvaluated(f"there is no {name}: {component.detail}")


Say = Callable[[str], None]
