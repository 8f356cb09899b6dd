"""Grafana accepts no default or easily guessed credentials.

A fresh Grafana has the user `admin` with the password `admin`; anyone who signs in with it reads every log line and may
change every dashboard. Only three pairs are tried, because Grafana locks a user out after five wrong passwords.
"""

from collections.abc import Iterator

from stack.records.dashboards.grafana import GrafanaAccess
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule


@rule(
    Good("{tried: 3, weighed: 3}"),
    Bad(
        "{tried: 3, weighed: 3, accepted: [[admin, admin]]}",
        "Grafana accepts the user `admin` with the password `admin`",
    ),
    Unjudged("{tried: 3}", NotCollected("Grafana does not look at passwords sent this way")),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#admin_password",
)
def check(access: GrafanaAccess) -> Iterator[Finding]:
    if not access.tried:
        raise NotApplicable("no credentials were tried")
    for user, password in access.accepted:
        yield Finding(
            f"Grafana accepts the user `{user}` with the password `{password}`",
            Where(url=access.url),
            "set another with `grafana cli admin reset-admin-password`; GF_SECURITY_ADMIN_PASSWORD works only at the "
            "very first start",
        )
    if not access.weighed and not access.accepted:
        raise NotCollected("Grafana does not look at passwords sent this way")
