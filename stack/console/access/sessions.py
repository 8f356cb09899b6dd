"""Sessions and API tokens: random ids of which only a hash is stored, so that a copy of the database opens nothing."""

import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from sqlite3 import Row

from stack.console.access.accounts import Account, Accounts
from stack.console.access.scope import Permission, Role, Scope, scope_of
from stack.console.database import Database

IDLE_S, LONGEST_S = 30 * 60, 12 * 3600
SETUP_S = 3600
TOKEN_PREFIX = "obsc_"  # noqa: S105  # makes a leaked token recognisable, and is none itself
SEEN_EVERY_S = 30
"""How often the time of the last request is written, of a session and of a token."""


@dataclass(frozen=True)
class Identity:
    """Who sends a request, and what the account or token may do."""

    account: str
    permission: Permission
    version: int
    session: bytes | None = None
    """The hash of the session's id; None for a token or a password sent with each request."""
    token: str | None = None

    @property
    def role(self) -> Role:
        """The role."""
        return self.permission.role


@dataclass(frozen=True)
class Token:
    """What is known of an API token after it was shown once. Times in seconds since 1970."""

    id: str
    account: str
    label: str
    role: Role
    scope: Scope
    created: float
    expires: float
    used: float | None


def digest(secret: str) -> bytes:
    """Return what is stored of a random id. It has 256 bits: a slow hash would protect nothing more."""
    return hashlib.sha256(secret.encode()).digest()


class Sessions:
    """Sessions, tokens, and the one-time link of the first start."""

    def __init__(self, database: Database, accounts: Accounts) -> None:
        self._database, self._accounts = database, accounts

    def open(self, account: Account, address: str) -> str:
        """Open a session; returns its id, which exists nowhere else."""
        now, secret = time.time(), secrets.token_urlsafe(32)
        self._database.write("DELETE FROM sessions WHERE expires < ? OR seen < ?", now, now - IDLE_S)
        self._database.write(
            "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?)",
            digest(secret),
            account.name,
            now,
            now,
            now + LONGEST_S,
            address,
        )
        return secret

    def close(self, session: bytes) -> None:
        """End a session."""
        self._database.write("DELETE FROM sessions WHERE hash = ?", session)

    def of_cookie(self, secret: str) -> Identity | None:
        """Return who has this session, if it is still open, and note that it is used."""
        now, session = time.time(), digest(secret)
        identity = self._session(session)
        if identity is not None:
            self._database.write(
                "UPDATE sessions SET seen = ? WHERE hash = ? AND seen < ?", now, session, now - SEEN_EVERY_S
            )
        return identity

    def of_token(self, secret: str) -> Identity | None:
        """Return who has this token, if it is still valid."""
        now, hashed = time.time(), digest(secret)
        row = self._database.row("SELECT * FROM tokens WHERE hash = ? AND expires > ?", hashed, now)
        if row is None:
            return None
        if row["used"] is None or row["used"] < now - SEEN_EVERY_S:
            self._database.write("UPDATE tokens SET used = ? WHERE id = ?", now, row["id"])
        return self._token_identity(_token(row))

    def still(self, identity: Identity) -> bool:
        """Whether an identity that has an open stream may go on: nothing about it was ended or changed since."""
        if identity.session is not None:
            return self._session(identity.session) == identity
        if identity.token is not None:
            row = self._database.row("SELECT * FROM tokens WHERE id = ? AND expires > ?", identity.token, time.time())
            return row is not None and self._token_identity(_token(row)) == identity
        account = self._accounts.find(identity.account)
        return account is not None and not account.disabled and account.version == identity.version

    def create_token(
        self, identity: Identity, label: str, role: Role, scope: Scope, expires: float
    ) -> tuple[Token, str]:
        """Create a token that may do at most what its account may; returns it and its secret."""
        secret, token_id = TOKEN_PREFIX + secrets.token_urlsafe(32), secrets.token_hex(8)
        self._database.write(
            "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            token_id,
            digest(secret),
            identity.account,
            label,
            role,
            json.dumps(sorted(scope.systems)),
            json.dumps(sorted(scope.services)),
            time.time(),
            expires,
        )
        return next(token for token in self.tokens(identity.account) if token.id == token_id), secret

    def tokens(self, account: str | None) -> list[Token]:
        """Return the tokens of an account, or all."""
        rows = self._database.rows(
            "SELECT * FROM tokens WHERE ? IS NULL OR account = ? ORDER BY created", account, account
        )
        return [_token(row) for row in rows]

    def revoke(self, token: str) -> None:
        """End a token."""
        self._database.write("DELETE FROM tokens WHERE id = ?", token)

    def setup_link(self) -> str:
        """Return a new secret that lets its bearer create the first admin, once, within an hour."""
        secret = secrets.token_urlsafe(32)
        self._database.write("DELETE FROM setup_links")
        self._database.write("INSERT INTO setup_links VALUES (?, ?)", digest(secret), time.time() + SETUP_S)
        return secret

    def use_setup_link(self, secret: str) -> bool:
        """Use a link up; whether it was valid."""
        return bool(
            self._database.write("DELETE FROM setup_links WHERE hash = ? AND expires > ?", digest(secret), time.time())
        )

    def _session(self, session: bytes) -> Identity | None:
        now = time.time()
        row = self._database.row(
            "SELECT account FROM sessions WHERE hash = ? AND expires > ? AND seen > ?", session, now, now - IDLE_S
        )
        account = self._accounts.find(row["account"]) if row else None
        if account is None or account.disabled:
            return None
        return Identity(account.name, account.permission, account.version, session=session)

    def _token_identity(self, token: Token) -> Identity | None:
        account = self._accounts.find(token.account)
        if account is None or account.disabled:
            return None
        return Identity(
            account.name, account.permission.narrowed(token.role, token.scope), account.version, token=token.id
        )


def _token(row: Row) -> Token:
    return Token(
        id=row["id"],
        account=row["account"],
        label=row["label"],
        role=Role(row["role"]),
        scope=scope_of(json.loads(row["systems"]), json.loads(row["services"])),
        created=row["created"],
        expires=row["expires"],
        used=row["used"],
    )
