"""How the gateway runs as a local process: nginx on the shipped template, with users of this run."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from stack.backends.ports import HOST
from stack.backends.process import ComponentFailed
from stack.gateway.render import TEMPLATE, USERS_SCRIPT, render

if TYPE_CHECKING:
    from pathlib import Path

    from stack.backends.local.recipes import Site


def gateway_arguments(site: Site) -> list[str]:
    """Write configuration and users file into the gateway's own folder; return the arguments of nginx.

    Raises:
        ComponentFailed: the users file could not be written.

    """
    home = site.data()
    _write_users(site, home)
    values = {"GATEWAY_LISTEN": site.address, "GATEWAY_DIR": str(home), "NGINX_LOCAL_RESOLVERS": HOST}
    for name in ("grafana", "prometheus", "loki"):
        # What is not there gets a port where nobody listens: the gateway starts all the same, and answers 502.
        values[f"{name.upper()}_UPSTREAM"] = site.endpoints.get(name, f"http://{HOST}:1").rpartition("/")[2]
    template = site.plan.config_dir.absolute() / TEMPLATE.relative_to(TEMPLATE.parents[2])
    config = home / "nginx.conf"
    config.write_text(render(template.read_text(encoding="utf-8"), values), encoding="utf-8")
    # Started by root, nginx would give its workers to a user who may not read the users file.
    user = " user root;" if os.geteuid() == 0 else ""
    return ["-p", str(home), "-c", str(config), "-g", f"daemon off;{user}"]


def _write_users(site: Site, home: Path) -> None:
    """Let the gateway's own script write the users file, as it does in the container."""
    user, password = site.credentials["gateway"]
    script = site.plan.config_dir.absolute() / USERS_SCRIPT.relative_to(USERS_SCRIPT.parents[2])
    variables = {"GATEWAY_USER": user, "GATEWAY_PASSWORD": password, "GATEWAY_DIR": str(home)}
    done = subprocess.run(  # noqa: S603  # our own script
        ["/bin/sh", script],
        env={"PATH": os.environ.get("PATH", os.defpath), "GATEWAY_FURTHER_USERS": os.devnull, **variables},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    if done.returncode:
        raise ComponentFailed(f"{script.name}, which writes the gateway's users, failed: {done.stderr.strip()}")
