"""The trial of one console: asks it as every account, does what it promises to write down, and returns records.

A console that the suite started itself is changed and provoked freely; a live one is only read, with the accounts that
its target file names, and no password is guessed unless that file allows it.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import WebSocketException

from stack.clients.log_reader import LogReader, LogStoreError
from stack.records.console.access import (
    ConsoleAccess,
    ConsoleContract,
    ConsoleListings,
    ConsoleQueries,
    ConsoleScope,
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
from suites.core.evidence import NotEvaluated, Records

RECORDS: tuple[type, ...] = (
    ConsoleAccess,
    ConsoleAddresses,
    ConsoleAudit,
    ConsoleBounds,
    ConsoleChain,
    ConsoleContract,
    ConsoleErrors,
    ConsoleExports,
    ConsoleForgeries,
    ConsoleHeaders,
    ConsoleListings,
    ConsoleQueries,
    ConsoleReads,
    ConsoleScope,
    ConsoleSecrets,
    ConsoleSession,
    ConsoleSignIns,
    ConsoleTails,
    ConsoleTerminal,
    ConsoleTls,
    ConsoleUrls,
)
BULK = 5_200
"""Lines of an export: more than Loki returns at once."""
FEW = 40


@dataclass(frozen=True)
class Lines:
    """Where log lines are written to (`folder`, which the agent reads) and read from, beside the console."""

    folder: Path
    reader: LogReader
    bulk: int = BULK


@dataclass(frozen=True)
class Own:
    """A console that the suite started: its admin, its log files, the stream of its audit log, and since when.

    `terminal` is the host that its terminal reaches, empty where there is none; `with_tls` another console with the
    same admin, as it stands behind a gateway that ends TLS.
    """

    admin: Account
    log_files: Sequence[Path]
    audit_selector: str
    since_ns: int
    lines: Lines | None = None
    no_lines: str = ""
    terminal: str = ""
    with_tls: Console | None = None


@dataclass
class Trial:
    """The records of one trial as they come in."""

    console: Console
    records: dict[type, list[Any] | NotEvaluated] = field(default_factory=dict)

    async def part(self, kind: type, collecting: Awaitable[Any]) -> None:
        """Collect one record, or say why there is none."""
        try:
            self.records[kind] = [await collecting]
        except (ConsoleSilent, httpx.HTTPError, WebSocketException, TimeoutError, LogStoreError) as silent:
            self.records[kind] = NotEvaluated(f"{type(silent).__name__}: {silent}")
        except (ValueError, LookupError, TypeError, AttributeError) as broken:
            self.records[kind] = NotEvaluated(f"the console answers in a form of its own: {broken!r}")

    def missing(self, reason: str, *kinds: type, applies: bool = True) -> None:
        """Say why there are no records of these kinds."""
        for kind in kinds:
            self.records.setdefault(kind, NotEvaluated(reason, applies=applies))

    @property
    def found(self) -> Records:
        """Every record that a trial can have, or why it is missing."""
        self.missing("the console was not asked for this", *RECORDS)
        return self.records


async def try_own(console: Console, own: Own) -> Records:
    """Try a console that was started for this alone.

    Raises:
        ConsoleSilent: it does not do what is needed to begin.

    """
    trial = Trial(console)
    names = lines.services()
    seen = [names["own"], names["bulk"], names["tail"]]
    known = await accounts(console, own.admin, seen)
    admin, limited = known["admin"], known["limited"]
    endpoints = await contract.read(console)
    trial.records[ConsoleContract] = [contract.as_record(endpoints)]
    writers = await _write(own.lines, names)
    await asyncio.gather(
        _lines(trial, own, limited, writers, names),
        _answers(trial, own, endpoints, known, writers, names, seen),
    )
    await trial.part(ConsoleReads, requests.reads(console, endpoints, admin, names["own"], known["unscoped"]))
    guest = known["guest"]
    await trial.part(ConsoleSession, sessions.session(console, guest, names["own"], again=True))
    if own.with_tls is not None:
        await trial.part(ConsoleTls, sessions.with_tls(own.with_tls, own.admin))
    if own.terminal:
        await trial.part(ConsoleTerminal, sessions.terminal(console, own.admin, own.terminal))
    trial.missing("the terminal needs asyncssh, which is not installed", ConsoleTerminal)
    _, cookie = await sessions.sign_in(console, guest)
    forged = requests.forgeries(console, cookie, own.admin.name, names["own"], changes=True)
    await trial.part(ConsoleForgeries, forged)
    await trial.part(ConsoleUrls, requests.urls(console, known["viewer"], endpoints))
    await _acts(console, known)
    await trial.part(ConsoleAddresses, requests.addresses(console, admin))
    await trial.part(ConsoleSignIns, sessions.sign_ins(console, guest))
    await trial.part(ConsoleAudit, _audited(console, own, admin))
    await trial.part(ConsoleChain, audit.chain(console, admin))
    await trial.part(ConsoleSecrets, asyncio.to_thread(sessions.searched, own.log_files, dict(console.secrets)))
    return trial.found


async def accounts(console: Console, admin: Account, seen: Sequence[str]) -> dict[str, Account]:
    """Make an account of each role, and two that see a part of the platform, each with a token."""
    console.secrets[admin.password] = "password"  # the kind of secret
    wanted: Mapping[str, tuple[str, list[str], Sequence[str]]] = {
        "viewer": ("viewer", ["*"], ()),
        "operator": ("operator", ["*"], ()),
        "limited": ("viewer", [], seen),
        "unscoped": ("viewer", [], ()),
        "guest": ("viewer", [], seen),
    }
    made = {"admin": await _with_token(console, "admin", admin)}
    for name, (role, systems, services) in wanted.items():
        account = Account(name, f"trial-{name}-{secrets.token_hex(3)}", secrets.token_urlsafe(18))
        console.secrets[account.password] = "password"  # the kind of secret
        body = {
            "name": account.name,
            "password": account.password,
            "role": role,
            "systems": systems,
            "services": list(services),
        }
        act = ("a new account", "user_created")
        answer = await console.ask("POST", "/api/v1/users", admin, json=body, act=act)
        if not answer.is_success:
            raise ConsoleSilent(f"an account cannot be made: {answer.status_code} {answer.text[:200]}")
        made[name] = await _with_token(console, name, account)
    return made


async def _with_token(console: Console, label: str, account: Account) -> Account:
    role = label if label in ("operator", "admin") else "viewer"
    body = {"label": "trial", "role": role, "days": 1, "systems": ["*"], "services": []}
    act = ("a new token", "authn_token_created")
    answer = await console.ask("POST", "/api/v1/tokens", account, json=body, act=act)
    if not answer.is_success:
        raise ConsoleSilent(f"a token cannot be made: {answer.status_code} {answer.text[:200]}")
    token = str(answer.json()["secret"])
    console.secrets[token] = "token"  # the kind of secret
    return Account(label, account.name, account.password, token)


async def _write(where: Lines | None, names: Mapping[str, str]) -> dict[str, lines.Writer]:
    if where is None:
        return {}
    writers = {kind: lines.Writer(where.folder, names[kind]) for kind in ("own", "other", "bulk")}
    for kind, writer in writers.items():
        await asyncio.to_thread(writer.write, where.bulk if kind == "bulk" else FEW)
    return writers


async def _lines(
    trial: Trial, own: Own, limited: Account, writers: Mapping[str, lines.Writer], names: Mapping[str, str]
) -> None:
    where, console = own.lines, trial.console
    if where is None:
        trial.missing(own.no_lines, ConsoleExports, ConsoleTails)
        return

    async def exported() -> ConsoleExports:
        bulk = writers["bulk"]
        entries = await lines.stored(where.reader, bulk)
        return await lines.exports(console, limited, bulk.service, bulk.start_ns, entries[-1].timestamp_ns + 1, entries)

    await asyncio.gather(
        trial.part(ConsoleTails, lines.tails(console, limited, where.folder, names["tail"], where.reader)),
        trial.part(ConsoleExports, exported()),
    )


async def _answers(
    trial: Trial,
    own: Own,
    endpoints: Sequence[contract.Endpoint],
    accounts: Mapping[str, Account],
    writers: Mapping[str, lines.Writer],
    names: Mapping[str, str],
    seen: Sequence[str],
) -> None:
    """Everything that only asks; where lines are needed, those that were written first are waited for."""
    console, limited = trial.console, accounts["limited"]
    one, other = names["own"], names["other"]
    texts: dict[str, int] = {}
    if own.lines is not None:
        try:
            entries = await lines.stored(own.lines.reader, writers["own"])
            await lines.stored(own.lines.reader, writers["other"])
            texts = {piece: sum(piece in entry.line for entry in entries) for piece in lines.PIECES}
        except (TimeoutError, LogStoreError) as late:
            trial.missing(f"{late}", ConsoleListings, ConsoleQueries, ConsoleScope)
    roles = [accounts[role] for role in ("viewer", "operator", "admin")]
    await trial.part(ConsoleAccess, access.matrix(console, endpoints, roles, one, changes=True))
    if ConsoleScope not in trial.records:
        asked = [limited, accounts["unscoped"]]
        await trial.part(ConsoleScope, access.scope(console, endpoints, asked, one, other))
        await trial.part(ConsoleListings, queries.listings(console, limited, seen, one, other))
        sent = queries.queries(console, endpoints, accounts["guest"], seen, one, other, texts)
        await trial.part(ConsoleQueries, sent)
    await trial.part(ConsoleHeaders, requests.headers(console, accounts["viewer"], one))
    await trial.part(ConsoleErrors, requests.errors(console, accounts["admin"], one, changes=True))
    await trial.part(ConsoleBounds, requests.bounds(console, accounts["admin"], one))


async def _acts(console: Console, accounts: Mapping[str, Account]) -> None:
    """Do what is left of what the audit log must have."""
    admin, gone, viewer = accounts["admin"], accounts["unscoped"], accounts["viewer"]
    await console.ask("GET", "/api/v1/users", viewer, act=("a request without the role for it", "authz_fail"))
    foreign = {"Origin": requests.EVIL}
    await console.ask("GET", "/api/v1/session", headers=foreign, act=("a request of another site", "malicious_cors"))
    mine = Account("viewer", viewer.name, viewer.password)
    listed = (await console.ask("GET", "/api/v1/tokens", mine)).json()["tokens"]
    await console.ask(
        "DELETE", f"/api/v1/tokens/{listed[-1]['id']}", mine, act=("a revoked token", "authn_token_revoked")
    )
    fresh = secrets.token_urlsafe(18)
    console.secrets[fresh] = "password"  # the kind of secret
    await console.ask(
        "PUT",
        "/api/v1/session/password",
        mine,
        json={"current": mine.password, "password": fresh},
        act=("a changed password", "authn_password_change"),
    )
    user = f"/api/v1/users/{gone.name}"
    act = ("a changed account", "privilege_permissions_changed")
    await console.ask("PATCH", user, admin, json={"disabled": True}, act=act)
    await console.ask("DELETE", user, admin, act=("a deleted account", "user_deleted"))


async def _audited(console: Console, own: Own, admin: Account) -> ConsoleAudit:
    done = list(console.acts)
    told = await audit.exported(console, admin)
    if own.lines is None:
        return audit.acts(done, told, None, own.no_lines)
    stored = await audit.delivered(own.lines.reader, own.audit_selector, own.since_ns, done)
    return audit.acts(done, told, stored, "")
