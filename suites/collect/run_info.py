"""Writes `run.json`: what a run tells the reports besides verdicts (`schemas/report.schema.json`, `$defs/run`)."""

import json
from datetime import UTC, datetime
from pathlib import Path

from fixtures.service import UNKNOWN, Owner
from stack.clients.retries import RETRIES
from stack.components import AGENTS
from suites.collect.collected import Collected

SIMULATED = (
    "Delivery was simulated: no real Loki and Promtail were found. Put both on PATH or name their folder with "
    "--servers DIR (docs/real-servers.md says where to get them), or start a container engine."
)
NOT_DELIVERED = "Delivery was not evaluated: Loki or its agent is absent. docs/real-servers.md says where to get them."
NO_PROMETHEUS = "No Prometheus was found, so scraping was not evaluated. `make servers` builds it once."


def write_run_info(folder: Path, started: datetime, collected: Collected) -> None:
    """Write the description of the run into the run's folder."""
    measured = collected.measures
    info = {
        "started": started.isoformat(timespec="seconds"),
        "duration_s": round((datetime.now(UTC) - started).total_seconds(), 3),
        "collection_s": round(collected.seconds, 3),
        "backend": collected.backend,
        "components": [
            {
                "name": state.name,
                "provenance": state.provenance,
                "version": state.version,
                "endpoint": state.endpoint,
                "detail": state.problem or detail or None,
            }
            for state, detail in collected.components
        ],
        "services": [
            {
                "name": live.service.name,
                "system": None if live.service.system == UNKNOWN else live.service.system,
                "owner": _owner(live.service.owner),
                "description": live.service.description or None,
                "measures": measured.get(live.service.name, {}),
            }
            for live in collected.services
        ],
        "pictures": [picture.as_data() for picture in collected.pictures],
        "timelines": [timeline.as_data() for timeline in collected.timelines],
        "notes": _notes(collected),
    }
    path = folder / "run.json"
    path.write_text(json.dumps(info, indent=1), encoding="utf-8")


def _owner(owner: Owner) -> str | None:
    return None if owner.team == UNKNOWN else f"{owner.team} <{owner.contact}>"


def _notes(collected: Collected) -> list[str]:
    provenance = {state.name: state.provenance for state, _ in collected.components}
    notes = RETRIES.take()
    if "embedded" in provenance.values():
        notes.append(SIMULATED)
    if "embedded" not in provenance.values() and "absent" in map(provenance.get, ("loki", *AGENTS)):
        notes.append(NOT_DELIVERED)
    if provenance.get("prometheus") == "absent":
        notes.append(NO_PROMETHEUS)
    return notes
