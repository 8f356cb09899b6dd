"""Grafana denies access to users who have not signed in.

Dashboards name hosts, users and errors, and a datasource that is open to unauthenticated clients answers any query.
"""

from collections.abc import Iterator

from stack.records.dashboards.grafana import GrafanaAccess
from suites.core.finding import Finding, Where
from suites.core.rule import Bad, Good, Level, NotApplicable, NotCollected, Unjudged, rule


@rule(
    Good("{asked: [/api/search, /api/datasources], denied: 2}"),
    Bad(
        "{asked: [/api/search], opened: [[/api/search, 200]]}",
        "Grafana answers `/api/search` with 200 to an unauthenticated client",
    ),
    Unjudged(
        "{asked: [/api/search, /api/datasources]}",
        NotCollected("Grafana neither gives nor denies access, as with the statuses 404 and 429"),
    ),
    level=Level.MUST,
    source="https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/grafana/#anonymous-authentication",
)
def check(access: GrafanaAccess) -> Iterator[Finding]:
    if not access.asked:
        raise NotApplicable("no unauthenticated request was made")
    for path, status in access.opened:
        yield Finding(
            f"Grafana answers `{path}` with {status} to an unauthenticated client",
            Where(url=f"{access.url}{path}"),
            "set GF_AUTH_ANONYMOUS_ENABLED to `false`, and check that no proxy in front of Grafana signs everyone in",
        )
    if not access.opened and not access.denied:
        raise NotCollected("Grafana neither gives nor denies access, as with the statuses 404 and 429")
