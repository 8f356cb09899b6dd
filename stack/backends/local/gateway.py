"""How the gateway runs as a local process: nginx on the shipped template, with users of this run."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

from stack.backends.local.context import ComponentContext, Launch
from stack.backends.ports import HOST
from stack.backends.process import ComponentFailed
from stack.gateway.render import TEMPLATE, USERS_SCRIPT, VARIABLES, write

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
    templates = context.plan.config_dir.absolute() / TEMPLATE.parent.relative_to(TEMPLATE.parents[2])
    nowhere = f"{HOST}:1"
    values = {
        "GATEWAY_LISTEN": context.address,
        "GATEWAY_DIR": str(home),
        "GATEWAY_ACCESS": "console" if "console" in context.present else "password",
        "NGINX_LOCAL_RESOLVERS": HOST,
    }
    for name in UPSTREAM.findall("".join(each.read_text(encoding="utf-8") for each in templates.iterdir())):
        # What does not run gets a port where nothing listens: the gateway starts all the same, and answers 502.
        values[f"{name}_UPSTREAM"] = context.endpoints.get(name.lower(), f"http://{nowhere}").rpartition("/")[2]
    config = write(
        templates, home, values | {name: each for name, each in context.plan.env.items() if name in VARIABLES}
    )
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
