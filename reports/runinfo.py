"""Reads `run.json`: what a run reports besides verdicts. Bad parts are left out and named."""

import json
from pathlib import Path

from reports.contract import problems_of
from reports.model import RunInfo

_KEYS = (
    "started",
    "duration_s",
    "collection_s",
    "command",
    "rerun",
    "backend",
    "components",
    "services",
    "pictures",
    "timelines",
    "notes",
)


def load_run(path: Path | None) -> RunInfo:
    """Read run information; never raises, since verdicts must reach their readers without it.

    A missing file is normal in a partial run. An unreadable one, or a key whose value breaks
    `report.schema.json#/$defs/run`, is reported in `RunInfo.problems`.
    """
    if path is None or not path.exists():
        return RunInfo()
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return RunInfo(problems=(f"The run information {path.name} cannot be read ({error}): no provenance.",))
    if not isinstance(data, dict):
        return RunInfo(problems=(f"The run information {path.name} is no JSON object: no provenance.",))
    kept, problems = {}, []
    for key in _KEYS:
        if key not in data:
            continue
        wrong = problems_of(data[key], f"#/$defs/run/properties/{key}", limit=1)
        if wrong:
            problems.append(f"{path.name}: `{key}` left out of the report, since {wrong[0].replace('$', key, 1)}")
        else:
            kept[key] = data[key]
    return RunInfo(kept, tuple(problems))
