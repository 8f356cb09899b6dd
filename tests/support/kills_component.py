"""A pytest plugin that kills one component of the stack, by SIGKILL, in the middle of a run.

Load it with `-p tests.support.kills_component`. The environment variable `KILLED_COMPONENT` names the component,
`KILLED_WHEN` the moment: `started` (found ready, nothing observed yet) or `delivery` (lines are being waited for).
"""

import os
from typing import Any

import pytest

from stack.backends.base import RunningStack
from suites.collect import collection
from suites.logs.collect import delivery, pipeline


def pytest_configure(config: pytest.Config) -> None:  # noqa: ARG001  # the hook passes it by name
    """Put the kill where the moment passes by."""
    name, when = os.environ["KILLED_COMPONENT"], os.environ["KILLED_WHEN"]
    report, collect = collection._Collection._report_components, delivery.collect
    stacks: list[RunningStack] = []

    def kill() -> None:
        stacks[0].process(name).kill()

    def report_and_kill(self: collection._Collection, stack: RunningStack) -> None:
        report(self, stack)
        stacks.append(stack)
        if when == "started":
            kill()

    async def collect_and_kill(*given: Any, **options: Any) -> Any:
        if when == "delivery":
            kill()
        return await collect(*given, **options)

    collection._Collection._report_components = report_and_kill  # type: ignore[method-assign]  # that is the point
    setattr(pipeline, "collect", collect_and_kill)  # noqa: B010  # the name as `pipeline` imported it
