"""Writes the files that Prometheus' `file_sd_configs` read, one per job."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stack.backends.base import TargetGroup

# A conformance run wants two scrapes within seconds. Prometheus takes the interval from these labels of a target,
# so the shipped file keeps its 15 s.
QUICK_SCRAPES = {"__scrape_interval__": "1s", "__scrape_timeout__": "900ms"}


def write_targets(folder: Path, targets: Mapping[str, Sequence[TargetGroup]]) -> None:
    """Write exactly these `file_sd` files to `folder`, one per job; each appears in one step.

    Prometheus watches the folder and takes changes at once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.json"):
        if path.stem not in targets:
            path.unlink()
    for job, groups in targets.items():
        content = [
            {"targets": list(group.targets), "labels": {"job": job, **QUICK_SCRAPES, **group.labels}}
            for group in groups
        ]
        fresh = folder / f"{job}.json.new"
        fresh.write_text(json.dumps(content, indent=1), encoding="utf-8")
        fresh.replace(folder / f"{job}.json")
