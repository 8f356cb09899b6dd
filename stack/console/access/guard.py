"""What is asked of every request before it is answered: from where, by whom, and whether the role suffices."""

import base64
import binascii
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import HTTPConnection

from stack.console.access.accounts import Account, Accounts
from stack.console.access.limits import (
    FAILURES_PER_ACCOUNT,
    FAILURES_PER_ADDRESS,
    REFUSALS_PER_ADDRESS,
    REQUESTS_PER_ACCOUNT,
    Limits,
)
from stack.console.access.passwords import matches
from stack.console.access.scope import Role
from stack.console.access.sessions import Identity, Sessions, digest
from stack.console.audit import AuditLog, Outcome
from stack.console.problems import Problem
from stack.console.settings import Settings

REMEMBERED_S = 60
"""How long a password sent with each request (basic authentication) is not verified again."""


class Guard:
    """Tells who a client is; one for the whole application, at `app.state.guard`."""

    def __init__(self, settings: Settings, accounts: Accounts, sessions: Sessions, audit: AuditLog) -> None:
        self.settings, self.accounts, self.sessions, self.audit = settings, accounts, sessions, audit
        self.limits = Limits()
        self._verified: dict[bytes, tuple[float, Identity]] = {}
        self._left_out: Counter[str] = Counter()

    @property
    def cookie(self) -> str:
        """The cookie's name; the prefix makes browsers refuse it without TLS or from another host."""
        return "__Host-console" if self.settings.secure else "console"

    def address(self, connection: HTTPConnection) -> str:
        """Return the client's address: what the gateway saw, and no header that the client may have written."""
        peer = connection.client.host if connection.client else ""
        told = connection.headers.get("x-real-ip", "")
        try:
            if told and any(ip_address(peer) in network for network in self.settings.proxies):
                return str(ip_address(told))
        except ValueError:
            pass
        return peer

    async def identify(self, connection: HTTPConnection) -> Identity | None:
        """Return who sends a request, by token, password or session; None for nobody.

        Raises:
            Problem: 401 for credentials that are wrong, 429 after too many of those.

        """
        scheme, _, value = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._known(self.sessions.of_token(value.strip()))
        if scheme.lower() == "basic":
            return await self._basic(connection, value)
        secret = connection.cookies.get(self.cookie)
        return self.sessions.of_cookie(secret) if secret else None

    async def sign_in(self, connection: HTTPConnection, name: str, password: str) -> Account:
        """Return the account whose password this is.

        Raises:
            Problem: 401, without a hint whether there is such an account; 429 after too many failures.

        """
        address = self.address(connection)
        keys = ((FAILURES_PER_ACCOUNT, "account", name.lower()), (FAILURES_PER_ADDRESS, "address", address))
        self._refuse_locked(connection, keys, name)
        account = self.accounts.find(name)
        right = await matches(account.password if account else None, password)
        # Again: of many that are sent at once, all would otherwise be told before the first failure counts.
        self._refuse_locked(connection, keys, name)
        # It may have been changed meanwhile.
        if account is None or not right or account.disabled or self.accounts.find(name) != account:
            for key in keys:
                self.limits.count(*key)
            self.record(connection, "authn_login_fail", "failure", actor=name)
            raise _unauthenticated("the name or the password is wrong")
        self.limits.forget(*keys[0])
        return account

    def _refuse_locked(self, connection: HTTPConnection, keys: Sequence[tuple[str, ...]], name: str) -> None:
        if wait := max(self.limits.wait_s(*key) for key in keys):
            self.record(connection, "authn_login_lock", "refused", actor=name)
            raise Problem(429, f"too many failed attempts; try again in {wait:.0f} s", {"Retry-After": f"{wait:.0f}"})

    def record(
        self, connection: HTTPConnection, event: str, outcome: Outcome, *, actor: str, target: str = "", **details: Any
    ) -> None:
        """Write one line to the audit log; of too many refusals the next line has the number that were left out."""
        address = self.address(connection)
        if outcome == "refused":
            if not self.limits.count(REFUSALS_PER_ADDRESS, "refusals", address):
                self._left_out[address] += 1
                return
            if left_out := self._left_out.pop(address, 0):
                details["left_out"] = left_out
        self.audit.write(
            event,
            outcome,
            actor=actor[:128],
            address=address,
            request_id=getattr(connection.state, "request_id", ""),
            target=target[:256],
            **details,
        )

    async def _basic(self, connection: HTTPConnection, value: str) -> Identity:
        key = digest(value)
        until, identity = self._verified.get(key, (0.0, None))
        if identity is not None and until > time.monotonic() and self.sessions.still(identity):
            return identity
        try:
            name, mark, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            mark = ""
        if not mark:
            raise _unauthenticated("the Authorization header is not valid basic authentication")
        account = await self.sign_in(connection, name, password)
        identity = Identity(account.name, account.permission, account.version)
        now = time.monotonic()
        self._verified = {each: kept for each, kept in self._verified.items() if kept[0] > now}
        self._verified[key] = (now + REMEMBERED_S, identity)
        return identity

    @staticmethod
    def _known(identity: Identity | None) -> Identity:
        if identity is None:
            raise _unauthenticated("the token is unknown, expired or revoked")
        return identity


def guard_of(connection: HTTPConnection) -> Guard:
    """Return the application's guard."""
    guard: Guard = connection.app.state.guard
    return guard


def requires(role: Role) -> Callable[[HTTPConnection], Awaitable[Identity]]:
    """Make a dependency that lets accounts of `role` and above pass, and gives who it is."""

    async def check(connection: HTTPConnection) -> Identity:
        guard = guard_of(connection)
        identity = await guard.identify(connection)
        if identity is None:
            raise _unauthenticated("sign in first, or send a token")
        connection.state.identity = identity
        if not identity.role.includes(role):
            guard.record(connection, "authz_fail", "refused", actor=identity.account, target=connection.url.path)
            raise Problem(403, f"this needs the role {role}; the account has {identity.role}")
        if not guard.limits.count(REQUESTS_PER_ACCOUNT, "requests", identity.account):
            guard.record(connection, "excess_rate_limit_exceeded", "refused", actor=identity.account)
            raise Problem(429, "too many requests; slow down", {"Retry-After": "10"})
        return identity

    return check


Viewer = Annotated[Identity, Depends(requires(Role.VIEWER))]
Operator = Annotated[Identity, Depends(requires(Role.OPERATOR))]
Admin = Annotated[Identity, Depends(requires(Role.ADMIN))]


def _unauthenticated(detail: str) -> Problem:
    return Problem(401, detail, {"WWW-Authenticate": 'Bearer realm="console"'})
