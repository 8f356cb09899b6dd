"""How the console runs as a local process: on the servers of this run, with an account of this run."""

from pathlib import Path

from stack.backends.local.context import ComponentContext, Launch
from stack.components import COMPONENTS

CHECKOUT = Path(__file__).resolve().parents[3]


def console(context: ComponentContext) -> Launch:
    """Return the console behind this run's gateway; a server that does not run is left out, and the console says so."""
    user, password = context.credentials["console"]
    logs = context.plan.own_logs
    variables = {
        "PYTHONPATH": str(CHECKOUT),
        "CONSOLE_LISTEN": context.address,
        "PUBLIC_URL": context.endpoints["gateway"],
        # The suite asks it directly, too.
        "CONSOLE_HOSTS": context.address,
        "CONSOLE_ADMIN": user,
        "CONSOLE_ADMIN_PASSWORD": password,
        "CONSOLE_DATA_DIR": str(context.data("accounts")),
        "GRAFANA_DASHBOARDS_DIR": str(context.plan.config_dir.absolute() / "grafana" / "dashboards"),
        **{f"{name.upper()}_URL": context.endpoints[name] for name in context.present if COMPONENTS[name].queried},
        **({"CONSOLE_LOG_DIR": str(logs.absolute().parent)} if logs else {}),
    }
    return Launch(["-m", "stack.console", "serve"], variables)
