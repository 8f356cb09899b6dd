"""The trial of a live console: it is only read, as the accounts that the target file names."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stack.backends.attached.target_file import ConsoleFacts
from stack.clients.log_reader import LogReader
from stack.records.console.access import (
    ConsoleAccess,
    ConsoleContract,
    ConsoleListings,
    ConsoleQueries,
    ConsoleScope,
    Shown,
)
from stack.records.console.audit import ConsoleAudit, ConsoleChain
from stack.records.console.lines import ConsoleExports, ConsoleTails
from stack.records.console.requests import (
    ConsoleAddresses,
    ConsoleBounds,
    ConsoleErrors,
    ConsoleForgeries,
    ConsoleHeaders,
    ConsoleReads,
)
from stack.records.console.sessions import (
    ConsoleSecrets,
    ConsoleSession,
    ConsoleSignIns,
    ConsoleTerminal,
    ConsoleTls,
    ConsoleUrls,
)
from suites.console.collect import access, audit, contract, lines, queries, requests, sessions
from suites.console.collect.asking import Account, Console, ConsoleSilent
from suites.console.collect.contract import ABSENT
from suites.console.collect.trial import Trial
from suites.core.evidence import Records

ROLES = ("viewer", "operator", "admin")
EXPORTED_NS, AGO_NS = 15 * 60 * 10**9, 5 * 60 * 10**9
MOST_LINES = 20_000
OWN_ONLY = "this is done only with a console that the suite starts itself: it writes lines, accounts or wrong sign-ins"


class NoServices(Exception):  # noqa: N818  # it is an answer, not an error
    """The console does not say which services have lines."""


@dataclass(frozen=True)
class Known:
    """What can be asked for: services with lines, and those that the limited account may see."""

    services: Mapping[str, int]
    allowed: Sequence[str]

    @property
    def one(self) -> str:
        """A service to ask for."""
        return next(iter([*self.allowed, *self.services]), ABSENT)

    @property
    def other(self) -> str:
        """A service outside of the scope, empty where there is none."""
        return next((name for name in self.services if name not in self.allowed), "")

    def judged(self, shown: Sequence[Shown]) -> tuple[Shown, ...]:
        """Return what was shown of services that are known: of one without lines nobody says in whose scope it is."""
        return tuple(replace(one, services=tuple(filter(self.services.__contains__, one.services))) for one in shown)


async def try_live(console: Console, facts: ConsoleFacts, reader: LogReader | None, no_reader: str) -> Records:
    """Read a console with the accounts of the target file, and with nobody's.

    Raises:
        ConsoleSilent: it does not answer.

    """
    trial = Trial(console)
    accounts = {role: _account(role, facts) for role in facts.accounts}
    wide = next((accounts[role] for role in ROLES if role in accounts), None)
    endpoints = await contract.read(console)
    for account in accounts.values():
        await _check(console, account)
    try:
        known = await _known(console, wide, accounts.get("limited"))
    except NoServices as silent:
        # The log store behind it is none of the reasons why sessions, headers or the audit log are not looked at.
        trial.missing(str(silent), ConsoleScope, ConsoleListings, ConsoleQueries, ConsoleExports)
        known = Known({}, ())
    trial.records[ConsoleContract] = [contract.as_record(endpoints)]
    asked = [accounts[role] for role in ROLES if role in accounts]
    await trial.part(ConsoleAccess, access.matrix(console, endpoints, asked, known.one, changes=False))
    await _limited(trial, endpoints, accounts.get("limited"), known)
    await _signed_in(trial, wide, known.one)
    if wide is None:
        missing = "name an account under `console: accounts:` in the target file"
        trial.missing(missing, ConsoleHeaders, ConsoleErrors, ConsoleBounds, ConsoleExports)
    else:
        await trial.part(ConsoleHeaders, requests.headers(console, wide, known.one))
        await trial.part(ConsoleErrors, requests.errors(console, wide, known.one, changes=False))
        await trial.part(ConsoleBounds, requests.bounds(console, accounts.get("admin", wide), known.one))
        await _exported(trial, wide, known, reader, no_reader)
    token = next((one for one in accounts.values() if one.token), None)
    if token is not None:
        await trial.part(ConsoleUrls, requests.urls(console, token, endpoints))
    trial.missing("name an account with `bearer`, an API token, in the target file", ConsoleUrls)
    await _admin(trial, accounts.get("admin"))
    if facts.guess_passwords and wide is not None and wide.password:
        await trial.part(ConsoleSignIns, sessions.sign_ins(console, wide))
    trial.missing(
        "no password is guessed unless the target file says `console: {guess_passwords: true}`",
        ConsoleSignIns,
        applies=False,
    )
    trial.missing(
        OWN_ONLY,
        ConsoleAddresses,
        ConsoleReads,
        ConsoleSecrets,
        ConsoleTails,
        ConsoleTerminal,
        ConsoleTls,
        applies=False,
    )
    return trial.found


def _account(role: str, facts: ConsoleFacts) -> Account:
    given = facts.accounts[role]
    name, password = given.basic or ("", "")
    return Account(role, name, password, given.bearer)


async def _check(console: Console, account: Account) -> None:
    """Ask whether an account is what the target file says.

    Raises:
        ConsoleSilent: it is not, and what it is refused would look like a mistake of the console.

    """
    role = (await _json(console, sessions.SESSION, account))["role"]
    if account.role in ROLES and role != account.role:
        raise ConsoleSilent(f"the account that the target file names as `{account.role}` has the role {role}")


async def _known(console: Console, wide: Account | None, limited: Account | None) -> Known:
    if wide is None:
        return Known({}, ())
    path = "/api/v1/logs/services?since=1h&limit=5000"
    answer = await console.ask("GET", path, wide)
    if not answer.is_success:
        raise NoServices(f"the console names no services: GET {path} answers {answer.status_code}: {answer.text[:200]}")
    rows = answer.json()
    services = {row["service"]: int(row["lines"]) for row in rows["services"]}
    allowed: list[str] = []
    if limited is not None:
        scopes = (await _json(console, "/api/v1/session", limited))["scopes"]
        allowed = [row["service"] for row in rows["services"] if all(_covers(scope, row) for scope in scopes)]
    return Known(services, allowed)


def _covers(scope: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    systems: Sequence[str] = scope["systems"]
    return "*" in systems or row["system"] in systems or row["service"] in scope["services"]


async def _json(console: Console, path: str, account: Account) -> Any:
    answer = await console.ask("GET", path, account)
    if not answer.is_success:
        raise ConsoleSilent(f"GET {path} as {account.role} answers {answer.status_code}: {answer.text[:200]}")
    return answer.json()


async def _limited(trial: Trial, endpoints: Sequence[contract.Endpoint], limited: Account | None, known: Known) -> None:
    kinds = (ConsoleScope, ConsoleListings, ConsoleQueries)
    if limited is None:
        trial.missing("name an account `limited` under `console: accounts:` in the target file", *kinds)
        return
    if not known.allowed or not known.other:
        trial.missing("of the services that logged in the last hour the account `limited` sees all, or none", *kinds)
        return
    own, other, console = known.one, known.other, trial.console
    await trial.part(ConsoleScope, access.scope(console, endpoints, [limited], own, other))

    async def listed() -> ConsoleListings:
        found = await queries.listings(console, limited, known.allowed, own, other)
        return replace(found, shown=known.judged(found.shown))

    async def queried() -> ConsoleQueries:
        found = await queries.queries(console, endpoints, limited, known.allowed, own, other, {})
        return replace(found, sent=known.judged(found.sent))

    await trial.part(ConsoleListings, listed())
    await trial.part(ConsoleQueries, queried())


async def _signed_in(trial: Trial, account: Account | None, service: str) -> None:
    """One sign-in and sign-out, and between them requests as other sites would send them, none of which changes."""
    if account is None or not account.password:
        reason = "name an account with a password under `console: accounts:` in the target file"
        trial.missing(reason, ConsoleSession, ConsoleForgeries)
        return
    _, cookie = await sessions.sign_in(trial.console, account)
    forged = requests.forgeries(trial.console, cookie, account.name, service, changes=False)
    await trial.part(ConsoleForgeries, forged)
    leaving = {"Cookie": cookie, **trial.console.browser}
    await trial.console.ask("DELETE", sessions.SESSION, headers=leaving)
    await trial.part(ConsoleSession, sessions.session(trial.console, account, service, again=False))


async def _exported(trial: Trial, account: Account, known: Known, reader: LogReader | None, no_reader: str) -> None:
    few = {count: name for name, count in known.services.items() if 0 < count <= MOST_LINES}
    if reader is None or not few:
        trial.missing(no_reader if reader is None else "no service has few enough lines", ConsoleExports)
        return
    service = few[max(few)]
    end = time.time_ns() - AGO_NS
    start = end - EXPORTED_NS

    async def exported() -> ConsoleExports:
        entries = await reader.entries(f"{{service={json.dumps(service)}}}", start, end)
        return await lines.exports(trial.console, account, service, start, end, entries)

    await trial.part(ConsoleExports, exported())


async def _admin(trial: Trial, admin: Account | None) -> None:
    """The audit log: its chain, and the lines about what this trial itself did."""
    if admin is None:
        reason = "name an account `admin` under `console: accounts:` in the target file"
        trial.missing(reason, ConsoleAudit, ConsoleChain)
        return
    console, done = trial.console, list(trial.console.acts)

    async def audited() -> ConsoleAudit:
        newest = await _json(console, "/api/v1/audit?limit=5000", admin)
        return audit.acts(done, newest["lines"], None, "the log store is not asked for the audit log of a live console")

    await trial.part(ConsoleAudit, audited())
    await trial.part(ConsoleChain, audit.chain(console, admin))
