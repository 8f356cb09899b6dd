"""Run the console: `python -m stack.console serve`; `link` and `audit verify` are for its operator.

Exit codes: 0 done, 1 the audit log is not intact, 2 wrong usage or settings.
"""

import argparse
import logging
import os
import sys

from stack.console.access.accounts import Accounts
from stack.console.access.passwords import weakness
from stack.console.access.scope import EVERYTHING, Role
from stack.console.access.sessions import Sessions
from stack.console.app import create_app
from stack.console.audit import end_of_chain, verify
from stack.console.database import Database
from stack.console.serve import listen, server_of
from stack.console.settings import AUDIT, SERVICE, SYSTEM, Settings, SettingsError, from_environment
from stack.console.telemetry import setup_logging


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m stack.console", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve until SIGTERM")
    commands.add_parser("link", help="print a one-time link to create the first admin")
    audit = commands.add_parser("audit", help="the audit log").add_subparsers(dest="what", required=True)
    audit.add_parser("verify", help="find lines that were changed, removed or inserted")
    arguments = parser.parse_args()
    try:
        settings = from_environment(os.environ)
        if arguments.command == "serve":
            return _serve(settings)
        return _link(settings) if arguments.command == "link" else _verify(settings)
    except SettingsError as error:
        _report(f"console: {error}")
        return 2


def _serve(settings: Settings) -> int:
    if not settings.secure and not settings.insecure_cookies and not _is_local(settings):
        raise SettingsError(
            "PUBLIC_URL is http on another host than this one: passwords could be read on the way. "
            "Set up TLS, or CONSOLE_INSECURE_COOKIES=true"
        )
    try:
        listener = listen(settings.listen)
    except (OSError, ValueError, OverflowError) as error:
        raise SettingsError(f"CONSOLE_LISTEN: `{settings.listen}`: {error}") from error
    common = {"service": SERVICE, "system": SYSTEM, "environment": settings.environment}
    setup_logging(common | {"instance": settings.instance}, None)
    app = create_app(settings)
    _first_admin(settings, app.state.guard.accounts, app.state.guard.sessions)
    address = "{}:{}".format(*listener.getsockname()[:2])
    logging.getLogger("console.app").info("listening", extra={"event": "listening", "fields": {"address": address}})
    server = server_of(app)
    server.run(sockets=[listener])
    return 0 if server.started else 2


def _is_local(settings: Settings) -> bool:
    name = settings.public_url.partition("://")[2].partition("/")[0].rpartition(":")[0] or settings.public_url
    return name in ("localhost", "127.0.0.1", "[::1]")


def _first_admin(settings: Settings, accounts: Accounts, sessions: Sessions) -> None:
    if accounts.all():
        return
    if settings.admin_password:
        if reason := weakness(settings.admin_password, settings.admin):
            raise SettingsError(f"CONSOLE_ADMIN_PASSWORD: {reason}")
        accounts.create(settings.admin, settings.admin_password, Role.ADMIN, [EVERYTHING], [])
    elif sys.stdout.isatty():
        sys.stdout.write(f"create the first admin, within an hour: {_url(settings, sessions)}\n")
        sys.stdout.flush()
    else:
        # Standard output is collected as a log here, and a link that signs in must not be in one.
        logging.getLogger("console.app").warning(
            "no account yet: run `python -m stack.console link` beside this process for a link that makes the first",
            extra={"event": "no_account"},
        )


def _link(settings: Settings) -> int:
    database = Database(settings.data / "console.db")
    accounts = Accounts(database)
    if accounts.all():
        _report("console: there are accounts already; an admin makes further ones")
        return 2
    sys.stdout.write(f"{_url(settings, Sessions(database, accounts))}\n")
    return 0


def _url(settings: Settings, sessions: Sessions) -> str:
    # Behind the #: a browser keeps that part to itself, so that it reaches no log.
    return f"{settings.public_url}/console/#setup={sessions.setup_link()}"


def _verify(settings: Settings) -> int:
    path = settings.log_file(AUDIT)
    if not path.exists():
        _report(f"console: there is no audit log at {path}")
        return 2
    end = end_of_chain(Database(settings.data / "console.db"))
    breaks = verify(path, end)
    for each in breaks:
        sys.stdout.write(f"{path}:{each.line}: {each.message}\n")
    sys.stdout.write(f"{end[0]} lines, {'intact' if not breaks else f'{len(breaks)} breaks'}\n")
    return 1 if breaks else 0


def _report(message: str) -> None:
    sys.stderr.write(f"{message}\n")


if __name__ == "__main__":
    sys.exit(main())
