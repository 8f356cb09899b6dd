"""How the gateway runs as a local process: nginx on the shipped template, with users of this run."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

from stack.backends.local.context import ComponentContext, Launch
from stack.backends.ports import HOST
from stack.backends.process import ComponentFailed
from stack.gateway.render import TEMPLATE, USERS_SCRIPT, render

if TYPE_CHECKING:
    from pathlib import Path

UPSTREAM = re.compile(r"\$\{(\w+)_UPSTREAM\}")
"""A component that the template passes requests to."""


def gateway(context: ComponentContext) -> Launch:
    """Write configuration and users file into the gateway's own folder; return the arguments of nginx.

    Raises:
        ComponentFailed: the users file could not be written.

    """
    home = context.data()
    _write_users(context, home)
    values = {"GATEWAY_LISTEN": context.address, "GATEWAY_DIR": str(home), "NGINX_LOCAL_RESOLVERS": HOST}
    shipped = context.plan.config_dir.absolute() / TEMPLATE.relative_to(TEMPLATE.parents[2])
    template = shipped.read_text(encoding="utf-8")
    for name in UPSTREAM.findall(template):
        # What does not run gets a port where nothing listens: the gateway starts all the same, and answers 502.
        values[f"{name}_UPSTREAM"] = context.endpoints.get(name.lower(), f"http://{HOST}:1").rpartition("/")[2]
    config = home / "nginx.conf"
    config.write_text(render(template, values), encoding="utf-8")
    # Started by root, nginx would give its workers to a user who may not read the users file.
    user = " user root;" if os.geteuid() == 0 else ""
    return Launch(["-p", str(home), "-c", str(config), "-g", f"daemon off;{user}"])


def _write_users(context: ComponentContext, home: Path) -> None:
    """Let the gateway's own script write the users file, as it does in the container."""
    user, password = context.credentials["gateway"]
    script = context.plan.config_dir.absolute() / USERS_SCRIPT.relative_to(USERS_SCRIPT.parents[2])
    variables = {"GATEWAY_USER": user, "GATEWAY_PASSWORD": password, "GATEWAY_DIR": str(home)}
    done = subprocess.run(  # noqa: S603  # our own script
        ["/bin/sh", script],
        env={"PATH": os.environ.get("PATH", os.defpath), "GATEWAY_FURTHER_USERS": os.devnull, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise ComponentFailed(f"{script.name}, which writes the gateway's users, failed: {done.stderr.strip()}")
