"""What Grafana needs to run as a local process: its own files, and the settings that the compose file gives it.

Source: https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stack.backends.ports import HOST
from stack.backends.process import ComponentFailed
from stack.records.config.compose import parse_compose
from stack.servers.find import find_binary
from stack.text.interpolation import expand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stack.backends.local.recipes import Site

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


def arguments(site: Site) -> list[str]:  # noqa: ARG001  # every recipe is called alike
    """Return the arguments of Grafana's server, which was a program of its own until Grafana 12."""
    binary, home = find_binary("grafana"), grafana_home()
    command = ["server"] if binary and binary.path.name == "grafana" else []
    return [*command, *(["--homepath", str(home)] if home else [])]


def variables(site: Site) -> dict[str, str]:
    """Return Grafana's environment: the shipped settings with this run's user, addresses and folders.

    Raises:
        ComponentFailed: there are no shipped settings.

    """
    user, password = site.credentials["grafana"]
    folder = site.config.parent / "grafana"
    expanded_by = {
        "GRAFANA_ADMIN_USER": user,
        "GRAFANA_ADMIN_PASSWORD": password,
        "PUBLIC_URL": f"http://{site.address}",
        **site.plan.env,
    }
    local = {
        "GF_SERVER_HTTP_ADDR": HOST,
        "GF_SERVER_HTTP_PORT": str(site.port),
        "GF_PATHS_DATA": str(site.data()),
        "GF_PATHS_LOGS": str(site.data("logs")),
        "GF_PATHS_PLUGINS": str(site.data("plugins")),
        "GF_PATHS_PROVISIONING": str(folder / "provisioning"),
        "GRAFANA_DASHBOARDS_DIR": str(folder / "dashboards"),
        "PROMETHEUS_URL": site.endpoints["prometheus"],
        "LOKI_URL": site.endpoints["loki"],
    }
    return {**settings(site.config, expanded_by), **QUICK_START, **local}


def grafana_home() -> Path | None:
    """Return the folder of Grafana's own files: beside its program, or where packages put it; None if not found."""
    binary = find_binary("grafana")
    beside = binary.path.resolve().parents if binary else ()
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
