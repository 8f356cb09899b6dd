"""Who may use which endpoint: the table that a console is held to, and what refusing means."""

from collections.abc import Mapping

ROLES = ("viewer", "operator", "admin")
EVERYONE = "everyone"

NEEDS: Mapping[str, str] = {
    "POST /api/v1/session": EVERYONE,
    "POST /api/v1/setup": EVERYONE,
    "GET /api/v1/session": "viewer",
    "DELETE /api/v1/session": "viewer",
    "PUT /api/v1/session/password": "viewer",
    "GET /api/v1/tokens": "viewer",
    "POST /api/v1/tokens": "viewer",
    "DELETE /api/v1/tokens/{token}": "viewer",
    "GET /api/v1/monitoring": "viewer",
    "GET /api/v1/logs/services": "viewer",
    "GET /api/v1/logs/{service_id}": "viewer",
    "GET /api/v1/logs/{service_id}/context": "viewer",
    "GET /api/v1/logs/{service_id}/volume": "viewer",
    "GET /api/v1/logs/{service_id}/export": "viewer",
    "GET /api/v1/sse/logs/{service_id}": "viewer",
    "WS /api/v1/ws/logs/{service_id}": "viewer",
    "GET /api/v1/metrics/dashboards": "viewer",
    "GET /api/v1/metrics/query": "viewer",
    "GET /api/v1/metrics/query_range": "viewer",
    "GET /api/v1/metrics/export": "viewer",
    "GET /api/v1/sse/metrics": "viewer",
    "WS /api/v1/ws/metrics": "viewer",
    "GET /api/v1/containers": "viewer",
    "GET /api/v1/containers/{container}": "viewer",
    "GET /api/v1/containers/{container}/stats": "viewer",
    "POST /api/v1/containers/{container}/action": "operator",
    "GET /api/v1/alerts": "viewer",
    "POST /api/v1/silences": "operator",
    "DELETE /api/v1/silences/{silence_id}": "operator",
    "GET /api/v1/users": "admin",
    "POST /api/v1/users": "admin",
    "PATCH /api/v1/users/{name}": "admin",
    "DELETE /api/v1/users/{name}": "admin",
    "WS /api/v1/ws/terminal/{target}": "admin",
    "GET /api/v1/terminal/targets": "admin",
    "GET /api/v1/terminal/sessions": "admin",
    "DELETE /api/v1/terminal/sessions/{session_id}": "admin",
    "GET /api/v1/terminal/recordings": "admin",
    "GET /api/v1/terminal/recordings/{recording}": "admin",
    "GET /api/v1/audit": "admin",
    "GET /api/v1/audit/export": "admin",
    "GET /api/v1/audit/verification": "admin",
}
"""The role that each endpoint asks for; each role may do what those before it may. `WS` is a WebSocket."""


def may(account: str, role: str) -> bool:
    """Whether an account of one role (or `nobody`) may use what needs the other."""
    if role == EVERYONE:
        return True
    return account in ROLES and ROLES.index(account) >= ROLES.index(role)
