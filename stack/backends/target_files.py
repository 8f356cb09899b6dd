"""Writes the files that Prometheus' `file_sd_configs` read, one per job."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import TYPE_CHECKING

from stack.eventually import contention

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stack.backends.base import TargetGroup

SLOWEST_S = 5
SLOWEST_CROWD_S = 30
SCRAPES_PER_SECOND = 10


def quick_scrapes(at_one_address: int = 1) -> dict[str, str]:
    """The labels by which Prometheus scrapes a target every second, or less often on a machine that is always busy.

    So it does where many targets are at one address, which may be a single small server: no more than
    `SCRAPES_PER_SECOND` of them. A conformance run wants two scrapes within seconds; the shipped file keeps its 15 s.
    """
    every = max(
        min(round(contention(sustained=True)), SLOWEST_S),
        min(math.ceil(at_one_address / SCRAPES_PER_SECOND), SLOWEST_CROWD_S),
    )
    return {"__scrape_interval__": f"{every}s", "__scrape_timeout__": f"{every * 900}ms"}


def write_targets(folder: Path, targets: Mapping[str, Sequence[TargetGroup]]) -> None:
    """Write exactly these `file_sd` files to `folder`, one per job; each appears in one step.

    Prometheus watches the folder and takes changes at once.
    """
    crowd = Counter(address for groups in targets.values() for group in groups for address in group.targets)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.json"):
        if path.stem not in targets:
            path.unlink()
    for job, groups in targets.items():
        content = [
            {
                "targets": list(group.targets),
                "labels": {
                    "job": job,
                    **quick_scrapes(max(map(crowd.__getitem__, group.targets), default=1)),
                    **group.labels,
                },
            }
            for group in groups
        ]
        fresh = folder / f"{job}.json.new"
        fresh.write_text(json.dumps(content, indent=1), encoding="utf-8")
        fresh.replace(folder / f"{job}.json")
