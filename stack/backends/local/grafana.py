"""What Grafana needs to run as a local process: its own files, and the settings that the compose file gives it.

Source: https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stack.backends.local.context import ComponentContext, Launch
from stack.backends.ports import HOST
from stack.backends.process import ComponentFailed
from stack.records.config.compose import parse_compose
from stack.text.interpolation import expand

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULTS = Path("conf") / "defaults.ini"
"""The file that every Grafana reads first; the rest of Grafana's own files are beside it."""

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


def grafana(context: ComponentContext) -> Launch:
    """Grafana with the shipped settings and this run's user, addresses and folders.

    Raises:
        ComponentFailed: there are no shipped settings.

    """
    user, password = context.credentials["grafana"]
    folder = context.config.parent / "grafana"
    expanded_by = {
        "GRAFANA_ADMIN_USER": user,
        "GRAFANA_ADMIN_PASSWORD": password,
        "PUBLIC_URL": f"http://{context.address}",
        **context.plan.env,
    }
    local = {
        "GF_SERVER_HTTP_ADDR": HOST,
        "GF_SERVER_HTTP_PORT": str(context.port),
        "GF_PATHS_DATA": str(context.data()),
        "GF_PATHS_LOGS": str(context.data("logs")),
        "GF_PATHS_PLUGINS": str(context.data("plugins")),
        "GF_PATHS_PROVISIONING": str(folder / "provisioning"),
        "GRAFANA_DASHBOARDS_DIR": str(folder / "dashboards"),
        "PROMETHEUS_URL": context.endpoints["prometheus"],
        "LOKI_URL": context.endpoints["loki"],
    }
    # The server was a program of its own until Grafana 12.
    command = ["server"] if context.program and context.program.name == "grafana" else []
    home = home_of(context.program)
    arguments = [*command, *(["--homepath", str(home)] if home else [])]
    return Launch(arguments, {**settings(context.config, expanded_by), **QUICK_START, **local})


def home_of(program: Path | None) -> Path | None:
    """Return the folder of Grafana's own files: beside its program, or where packages put it; None if not found."""
    beside = program.resolve().parents if program else ()
    return next((home for home in (*beside, *USUAL_HOMES) if (home / DEFAULTS).is_file()), None)


def settings(compose_file: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the compose file sets for its service `grafana`, expanded by `environment`.

    Raises:
        ComponentFailed: the file cannot be read, is no compose file, or has no service `grafana`.

    """
    try:
        services = {service.name: service for service in parse_compose(compose_file.read_text(encoding="utf-8"))}
    except (OSError, ValueError) as broken:
        raise ComponentFailed(f"Grafana's settings cannot be read from {compose_file}: {broken}") from broken
    if "grafana" not in services:
        raise ComponentFailed(f"{compose_file} has no service `grafana`, so there are no settings for it")
    return {name: expand(value, environment) for name, value in services["grafana"].raw_environment}
