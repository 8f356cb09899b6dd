"""What Grafana needs to run as a local process: its own files, and the settings that the compose file gives it.

Source: https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stack.backends.process import ComponentFailed
from stack.components import find_binary
from stack.records.compose import parse_compose
from stack.records.interpolation import expand

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULTS = Path("conf") / "defaults.ini"
"""The file that every Grafana reads first; its place tells where the rest of Grafana's own files are."""

USUAL_HOMES = (Path("/usr/share/grafana"), Path("/usr/local/share/grafana"))
"""Where packages put them."""

QUICK_START = {
    # The database is thrown away: it need not survive a power failure.
    "GF_DATABASE_WAL": "true",
    # Nothing of a run is fetched from the internet or sent there.
    "GF_NEWS_NEWS_FEED_ENABLED": "false",
    "GF_PLUGINS_PLUGIN_ADMIN_ENABLED": "false",
}
"""What a local run sets besides the shipped settings; none of it changes what a dashboard shows."""


def grafana_home() -> Path | None:
    """Return the folder of Grafana's own files: beside its program, or where packages put it; None if not found."""
    binary = find_binary("grafana")
    beside = binary.path.resolve().parents if binary else ()
    return next((home for home in (*beside, *USUAL_HOMES) if (home / DEFAULTS).is_file()), None)


def settings(compose_file: Path, variables: Mapping[str, str], local: Mapping[str, str]) -> dict[str, str]:
    """Return Grafana's environment: its service's in the compose file, expanded by `variables`; `local` wins.

    Raises:
        ComponentFailed: the file cannot be read, is no compose file, or has no service `grafana`.

    """
    try:
        services = {service.name: service for service in parse_compose(compose_file.read_text(encoding="utf-8"))}
    except (OSError, ValueError) as broken:
        raise ComponentFailed(f"Grafana's settings cannot be read from {compose_file}: {broken}") from broken
    if "grafana" not in services:
        raise ComponentFailed(f"{compose_file} has no service `grafana`, so there are no settings for it")
    shipped = {name: expand(value, variables) for name, value in services["grafana"].raw_environment}
    return {**shipped, **QUICK_START, **local}
