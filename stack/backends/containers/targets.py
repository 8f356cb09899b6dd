"""What Prometheus scrapes in a run: the deployed target files, with what a run adds and without what it does not start.

A deployed group is taken as it stands, so that a wrong address or path in it is found; only the shorter interval of a
run is added.
"""

import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from stack.backends.base import TargetGroup
from stack.backends.target_files import write_targets
from stack.text.json_text import read_json

DEPLOYED = Path("prometheus") / "deployed"
WITHOUT_JOB = "services"
"""The job of a group that names none: that of its scrape configuration."""


def write_discovery(
    config_dir: Path, folder: Path, started: Collection[str], targets: Mapping[str, Sequence[TargetGroup]]
) -> None:
    """Write `targets/` and `alertmanagers/` below `folder`.

    Of the deployed targets those of the compose services in `started` are kept; `targets` are added under jobs that
    no deployed group has.

    Raises:
        ValueError: a deployed file is not in the format of `file_sd`.

    """
    deployed = read_deployed(config_dir, started)
    write_targets(folder / "targets", {**targets, **deployed})
    managers = folder / "alertmanagers"
    managers.mkdir(parents=True, exist_ok=True)
    if "alertmanager" in started:
        for file in (config_dir / DEPLOYED / "alertmanagers").glob("*.json"):
            shutil.copyfile(file, managers / file.name)
    # Prometheus is another user in its container, whatever our umask.
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def read_deployed(config_dir: Path, started: Collection[str]) -> dict[str, list[TargetGroup]]:
    """Read the deployed target files by job, of the hosts in `started` alone: that of the other agent is among them.

    Raises:
        ValueError: a file is not in the format of `file_sd`.

    """
    jobs: dict[str, list[TargetGroup]] = {}
    files = [*sorted((config_dir / DEPLOYED / "targets").glob("*.json")), *sorted(config_dir.glob("*/target.json"))]
    for path in files:
        for group in _groups(path):
            labels = dict(group.get("labels") or {})
            targets = tuple(target for target in group["targets"] if target.rpartition(":")[0] in started)
            if targets:
                jobs.setdefault(labels.pop("job", WITHOUT_JOB), []).append(TargetGroup(targets, labels))
    return jobs


def _groups(path: Path) -> list[dict[str, Any]]:
    try:
        found = read_json(path.read_bytes())
        if all(isinstance(target, str) for group in found for target in group["targets"]):
            return list(found)
    except (OSError, ValueError, TypeError, KeyError):
        pass
    raise ValueError(f"{path}: not a target file: a list of objects, each with `targets`, a list of host:port")
