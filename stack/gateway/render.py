"""Fills in the gateway's template as the nginx image does at start, for runs without that image.

Source: https://hub.docker.com/_/nginx, "Using environment variables in nginx configuration": envsubst with the names
of the variables that are set, so that nginx' own variables (`$host`) stay.
"""

import re
from collections.abc import Mapping
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parent / "templates" / "nginx.conf.template"
USERS_SCRIPT = Path(__file__).resolve().parent / "entrypoint.d" / "40-users.sh"
"""Writes the users file from GATEWAY_USER and GATEWAY_PASSWORD; needs `sh` and `openssl`."""

VARIABLES = (
    "GATEWAY_LISTEN",
    "GATEWAY_DIR",
    "GRAFANA_UPSTREAM",
    "PROMETHEUS_UPSTREAM",
    "LOKI_UPSTREAM",
    "CONSOLE_UPSTREAM",
    "DOCAICHE_UPSTREAM",
    "GATEWAY_ACCESS",
    "NGINX_LOCAL_RESOLVERS",
)
"""What the templates need; the head of the first says what each is."""


def write(templates: Path, home: Path, values: Mapping[str, str]) -> Path:
    """Fill in every template of a folder into `home`; returns the file that nginx is started with.

    Raises:
        KeyError: as `render`.
        OSError: a file cannot be read or written.

    """
    for template in templates.glob("*.template"):
        text = render(template.read_text(encoding="utf-8"), values)
        (home / template.name.removesuffix(".template")).write_text(text, encoding="utf-8")
    return home / TEMPLATE.name.removesuffix(".template")


def render(template: str, values: Mapping[str, str]) -> str:
    """`template` with `${NAME}` and `$NAME` replaced for every name in `values`; all else stays.

    Raises:
        KeyError: one of `VARIABLES` has no value.

    """
    missing = [name for name in VARIABLES if name not in values]
    if missing:
        raise KeyError(", ".join(missing))
    return re.sub(
        r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))", lambda match: values.get(match[1] or match[2], match.group()), template
    )
