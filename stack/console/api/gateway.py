"""What the gateway asks for each request to Grafana, Prometheus and Loki (nginx' `auth_request`).

Those servers cannot narrow their answers to systems or services: only accounts that may see everything reach them
directly; the others have the console's own pages and API, which can.
"""

from fastapi import APIRouter, Request, Response

from stack.console.access.guard import guard_of, requires
from stack.console.access.scope import Role
from stack.console.problems import Problem

router = APIRouter(include_in_schema=False)
GRAFANA_ROLES = {Role.VIEWER: "Viewer", Role.OPERATOR: "Editor", Role.ADMIN: "Admin"}
SAFE = ("GET", "HEAD", "OPTIONS")


@router.get("/internal/authorize")
async def authorize(request: Request) -> Response:
    """Return 204 with the account's name and role for Grafana, 401 without a sign-in, 403 for a limited account."""
    guard = guard_of(request)
    path, method = request.headers.get("x-original-uri", ""), request.headers.get("x-original-method", "GET")
    identity = await requires(Role.VIEWER)(request)
    if not identity.permission.everything:
        guard.record(request, "authz_fail", "refused", actor=identity.account, target=path.partition("?")[0])
        raise Problem(403, "this account sees a part of the platform only; use the console's own pages")
    # A browser sends a password that it remembers from anywhere, as it does cookies; and it names its page as Origin
    # of each change and of each WebSocket, which is a GET.
    origin = request.headers.get("origin")
    if origin is None and identity.session is not None and method not in SAFE:
        raise Problem(403, "this request does not say which page it comes from")
    if origin is not None and origin.lower() not in guard.settings.origins:
        guard.record(
            request,
            "malicious_cors",
            "refused",
            actor=identity.account,
            target=path.partition("?")[0],
            origin=origin[:256],
        )
        raise Problem(403, "this request comes from another site")
    return Response(
        status_code=204,
        headers={"X-Console-Account": identity.account, "X-Console-Role": GRAFANA_ROLES[identity.role]},
    )
