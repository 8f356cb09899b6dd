"""What the components' own metrics are asked for."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx
import pytest

from stack.backends.base import Component, RunningStack
from stack.clients.prometheus import InstantSample
from stack.records.live.own_metrics import OwnSample
from suites.components.collect.own_metrics import SECRETS, _expected, _owner, _told
from suites.core.inspected_stack import InspectedStack

FAILED = {"alertmanager_notifications_failed_total"}


@pytest.mark.parametrize(
    ("provenance", "files", "expected"),
    [
        ("native", [".gitignore"], FAILED),
        ("container", [], FAILED),
        ("native", [".gitignore", "webhook-url"], set()),
        ("attached", [], set()),
    ],
)
def test_only_a_stack_that_is_started_without_receivers_may_fail_to_notify(
    provenance: str, files: list[str], expected: set[str], tmp_path: Path
) -> None:
    (tmp_path / SECRETS).mkdir(parents=True)
    for name in files:
        (tmp_path / SECRETS / name).touch()
    component = Component("alertmanager", provenance)  # type: ignore[arg-type]  # one of its values
    running = cast("RunningStack", SimpleNamespace(components={"alertmanager": component}))
    assert _expected(InspectedStack(running, cast("httpx.AsyncClient", None), tmp_path)) == expected
    assert _expected(InspectedStack(running, cast("httpx.AsyncClient", None), None)) == set()


def test_a_fault_belongs_to_the_component_that_exposes_it() -> None:
    """Loki has a write-ahead log of Prometheus, with its metrics."""
    told = _told([InstantSample({"__name__": "loki_build_info", "job": "logs", "instance": "l:1"}, 1.0, 0.0)])
    failed = "prometheus_tsdb_wal_writes_failed_total"
    owners = [
        _owner(OwnSample(failed, (("instance", instance), ("job", job)), 3.0), told)
        for job, instance in (("logs", "l:1"), ("metrics", "p:1"))
    ]
    assert owners == ["loki", "prometheus"]
