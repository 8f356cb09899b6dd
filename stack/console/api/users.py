"""Accounts and API tokens."""

import time
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from pydantic import Field, SecretStr

from stack.console.access.accounts import Account
from stack.console.access.guard import Admin, Viewer, guard_of
from stack.console.access.scope import Role, scope_of
from stack.console.access.sessions import Identity, Token
from stack.console.api.models import Limit, Model, Name, Part, ScopeModel
from stack.console.api.paging import USUAL, After, page_of
from stack.console.problems import Problem, not_found

router = APIRouter(prefix="/api/v1")
DAY_S = 86400


class User(ScopeModel):
    """An account, without its password."""

    name: Name
    role: Role
    disabled: bool
    created: datetime


class UsersPage(Model):
    """Accounts, by name; `next` is what to go on behind, None where there are no more."""

    users: list[User]
    next: str | None


class NewUser(ScopeModel):
    """An account to be made."""

    name: Name
    role: Role
    password: SecretStr


class UserChange(Model):
    """What is to be different; what is left out stays. `end_tokens` ends all API tokens of the account."""

    role: Role | None = None
    systems: list[Part] | None = Field(None, max_length=200)
    services: list[Part] | None = Field(None, max_length=1000)
    disabled: bool | None = None
    password: SecretStr | None = None
    end_tokens: bool = False


class TokenInfo(ScopeModel):
    """A token, without its secret."""

    id: str
    account: str
    label: str
    role: Role
    created: datetime
    expires: datetime
    used: datetime | None


class TokensPage(Model):
    """Tokens, oldest first; `next` is what to go on behind, None where there are no more."""

    tokens: list[TokenInfo]
    next: str | None


class NewToken(ScopeModel):
    """A token to be made: it may do at most what its account may."""

    label: str = Field(min_length=1, max_length=100)
    role: Role = Role.VIEWER
    days: int = Field(30, ge=1, le=366)


class TokenSecret(TokenInfo):
    """A new token: the only answer that holds its secret."""

    secret: str


@router.get("/users", tags=["users"], summary="All accounts")
async def users(request: Request, _: Admin, after: After = "", limit: Limit = USUAL) -> UsersPage:
    """Return the accounts."""
    shown, following = page_of(guard_of(request).accounts.all(), lambda each: each.name.lower(), after, limit)
    return UsersPage(users=[_user(account) for account in shown], next=following)


@router.post("/users", status_code=201, tags=["users"], summary="Create an account")
async def create(request: Request, identity: Admin, body: NewUser) -> User:
    """Create an account."""
    guard = guard_of(request)
    account = guard.accounts.create(body.name, body.password.get_secret_value(), body.role, body.systems, body.services)
    guard.record(
        request,
        "user_created",
        "success",
        actor=identity.account,
        target=account.name,
        role=body.role,
        systems=body.systems,
        services=body.services,
    )
    return _user(account)


@router.patch("/users/{name}", tags=["users"], summary="Change an account")
async def change(request: Request, identity: Admin, name: Name, body: UserChange) -> User:
    """Change role, scope or password, or disable; sessions and open streams of the account end."""
    guard = guard_of(request)
    account, ended = guard.accounts.change(
        name,
        role=body.role,
        systems=body.systems,
        services=body.services,
        disabled=body.disabled,
        password=body.password.get_secret_value() if body.password else None,
        end_tokens=body.end_tokens,
    )
    changed = body.model_dump(exclude_none=True, exclude={"password", "end_tokens"})
    if body.end_tokens:
        changed["tokens_ended"] = ended
    if body.password:
        changed["password"] = "changed"  # noqa: S105  # the word, for the audit log
    guard.record(
        request, "privilege_permissions_changed", "success", actor=identity.account, target=account.name, **changed
    )
    return _user(account)


@router.delete("/users/{name}", status_code=204, tags=["users"], summary="Delete an account")
async def delete(request: Request, identity: Admin, name: Name) -> None:
    """Delete an account with its sessions and tokens."""
    guard = guard_of(request)
    guard.accounts.delete(name)
    guard.record(request, "user_deleted", "success", actor=identity.account, target=name)


@router.get("/tokens", tags=["tokens"], summary="My tokens")
async def tokens(request: Request, identity: Viewer, after: After = "", limit: Limit = USUAL) -> TokensPage:
    """Return the account's tokens; an admin sees all."""
    found = _visible(request, identity)
    shown, following = page_of(found, lambda each: f"{each.created:018.6f} {each.id}", after, limit)
    return TokensPage(tokens=[_token(token) for token in shown], next=following)


@router.post("/tokens", status_code=201, tags=["tokens"], summary="Create a token")
async def create_token(request: Request, identity: Viewer, body: NewToken) -> TokenSecret:
    """Create a token; its secret is in this answer and nowhere else."""
    if identity.token is not None:
        raise Problem(403, "a token cannot make tokens")
    if not identity.role.includes(body.role):
        raise Problem(403, f"a token of this account has at most the role {identity.role}")
    guard = guard_of(request)
    scope = scope_of(body.systems, body.services)
    token, secret = guard.sessions.create_token(identity, body.label, body.role, scope, time.time() + body.days * DAY_S)
    guard.record(
        request,
        "authn_token_created",
        "success",
        actor=identity.account,
        target=token.id,
        role=body.role,
        days=body.days,
    )
    return TokenSecret(**_token(token).model_dump(), secret=secret)


@router.delete("/tokens/{token}", status_code=204, tags=["tokens"], summary="Revoke a token")
async def revoke(request: Request, identity: Viewer, token: str) -> None:
    """Revoke a token of one's own; an admin revokes any."""
    guard = guard_of(request)
    if not any(each.id == token for each in _visible(request, identity)):
        raise not_found()
    guard.sessions.revoke(token)
    guard.record(request, "authn_token_revoked", "success", actor=identity.account, target=token)


def _visible(request: Request, identity: Identity) -> list[Token]:
    return guard_of(request).sessions.tokens(None if identity.role is Role.ADMIN else identity.account)


def _user(account: Account) -> User:
    return User(
        name=account.name,
        role=account.role,
        disabled=account.disabled,
        created=_time(account.created),
        **ScopeModel.of(account.scope).model_dump(),
    )


def _token(token: Token) -> TokenInfo:
    return TokenInfo(
        id=token.id,
        account=token.account,
        label=token.label,
        role=token.role,
        created=_time(token.created),
        expires=_time(token.expires),
        used=None if token.used is None else _time(token.used),
        **ScopeModel.of(token.scope).model_dump(),
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
