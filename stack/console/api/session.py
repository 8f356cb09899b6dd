"""Sign in and out, who am I, and the first account of a new console."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import SecretStr

from stack.console.access.accounts import Account
from stack.console.access.guard import Viewer, guard_of
from stack.console.access.limits import FAILURES_PER_ADDRESS
from stack.console.access.passwords import weakness
from stack.console.access.scope import EVERYTHING, Role
from stack.console.access.sessions import LONGEST_S, Identity
from stack.console.api.models import Model, Name, Password, ScopeModel, Who
from stack.console.problems import Problem

router = APIRouter(prefix="/api/v1", tags=["session"])


class SignIn(Model):
    """Name and password."""

    name: Name
    password: SecretStr


class FirstAccount(Model):
    """The first admin, by the one-time link that the console made at its first start."""

    link: Password
    name: Name
    password: SecretStr


class NewPassword(Model):
    """A change of one's own password; `end_tokens` ends the account's API tokens, too, which otherwise stay."""

    current: SecretStr
    password: SecretStr
    end_tokens: bool = False


def who(identity: Identity) -> Who:
    """Show an identity."""
    scopes = [ScopeModel.of(scope) for scope in identity.permission.scopes]
    return Who(account=identity.account, role=identity.role, scopes=scopes)


@router.get("/session", summary="Who am I")
async def read(identity: Viewer) -> Who:
    """Return the account that sent this request."""
    return who(identity)


@router.post("/session", status_code=201, summary="Sign in", openapi_extra={"x-public": True})
async def sign_in(request: Request, response: Response, body: SignIn) -> Who:
    """Open a session; its id comes as a cookie that scripts cannot read."""
    guard = guard_of(request)
    try:
        account = await guard.sign_in(request, body.name, body.password.get_secret_value())
    except Problem:
        request.app.state.telemetry.sign_ins.labels("failure").inc()
        raise
    return _open(request, response, account)


@router.delete("/session", status_code=204, summary="Sign out")
async def sign_out(request: Request, response: Response, identity: Viewer) -> None:
    """End the session; its open streams end within seconds."""
    guard = guard_of(request)
    if identity.session is None:
        raise Problem(409, "this request carries no session; a token is revoked at /api/v1/tokens")
    guard.sessions.close(identity.session)
    guard.record(request, "session_expired", "success", actor=identity.account, reason="signed out")
    response.delete_cookie(guard.cookie, path="/", secure=guard.settings.secure, httponly=True, samesite="strict")


@router.put("/session/password", status_code=204, summary="Change my password")
async def change_password(request: Request, identity: Viewer, body: NewPassword) -> None:
    """Change one's own password; every session of the account ends, this one too."""
    guard = guard_of(request)
    if identity.token is not None:
        raise Problem(403, "a token cannot change the password of its account")
    account = await guard.sign_in(request, identity.account, body.current.get_secret_value())
    _, ended = guard.accounts.change(
        account.name, password=body.password.get_secret_value(), end_tokens=body.end_tokens
    )
    details: dict[str, Any] = {"tokens_ended": ended} if body.end_tokens else {}
    guard.record(request, "authn_password_change", "success", actor=identity.account, **details)


@router.post("/setup", status_code=201, summary="Create the first admin", openapi_extra={"x-public": True})
async def first_account(request: Request, response: Response, body: FirstAccount) -> Who:
    """Create the first admin and sign in; the link works once."""
    guard, address = guard_of(request), guard_of(request).address(request)
    if wait := guard.limits.wait_s(FAILURES_PER_ADDRESS, "setup", address):
        raise Problem(429, "too many failed attempts", {"Retry-After": f"{wait:.0f}"})
    password = body.password.get_secret_value()
    if reason := weakness(password, body.name):
        raise Problem(422, reason)
    if guard.accounts.all() or not guard.sessions.use_setup_link(body.link):
        guard.limits.count(FAILURES_PER_ADDRESS, "setup", address)
        guard.record(request, "authn_login_fail", "failure", actor=body.name, reason="one-time link")
        raise Problem(403, "the link was used already, or is too old; `python -m stack.console link` makes a new one")
    account = guard.accounts.create(body.name, password, Role.ADMIN, [EVERYTHING], [])
    guard.record(request, "user_created", "success", actor=account.name, target=account.name, role=Role.ADMIN)
    return _open(request, response, account)


def _open(request: Request, response: Response, account: Account) -> Who:
    guard = guard_of(request)
    old = request.cookies.get(guard.cookie)
    if old and (before := guard.sessions.of_cookie(old)) and before.session:
        guard.sessions.close(before.session)  # a new id at each sign-in: one that was planted is worth nothing
    secret = guard.sessions.open(account, guard.address(request))
    response.set_cookie(
        guard.cookie,
        secret,
        max_age=LONGEST_S,
        path="/",
        secure=guard.settings.secure,
        httponly=True,
        samesite="strict",
    )
    request.app.state.telemetry.sign_ins.labels("success").inc()
    guard.record(request, "authn_login_success", "success", actor=account.name)
    identity = guard.sessions.of_cookie(secret)
    if identity is None:
        raise Problem(500, "the session could not be opened")
    return who(identity)
