"""Requests that a console must refuse, or answer in one way: forged, wrong, too large; and GETs that change nothing."""

import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import httpx

from stack.records.console.requests import (
    ConsoleAddresses,
    ConsoleBounds,
    ConsoleErrors,
    ConsoleForgeries,
    ConsoleHeaders,
    ConsoleReads,
    Forgery,
    Listed,
)
from stack.records.console.sessions import ConsoleUrls, UrlToken
from suites.console.collect.access import all_of
from suites.console.collect.asking import (
    NOBODY,
    REQUEST_ID,
    Account,
    Console,
    ConsoleSilent,
    answered,
    new_id,
    with_query,
)
from suites.console.collect.contract import ABSENT, Endpoint, for_secrets

EVIL = "http://evil.example"
FORGED = "203.0.113.9"
ADDRESS_HEADERS = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP")
IDENTITY_HEADERS = (
    "X-WEBAUTH-USER",
    "X-Console-Account",
    "X-Remote-User",
    "Remote-User",
    "X-Forwarded-User",
    "X-Auth-Request-User",
)
UNREADABLE = {"content": b'{"name": "\xff', "headers": {"Content-Type": "application/json"}}
INTERNAL = "/internal/authorize"
LISTS = (
    ("/api/v1/audit", "lines", 1),
    ("/api/v1/users", "users", 1),
    ("/api/v1/tokens", "tokens", 1),
    ("/api/v1/containers", "containers", 1),
    ("/api/v1/logs/services", "services", 1),
    ("/api/v1/metrics/dashboards", "dashboards", 1),
    ("/api/v1/terminal/recordings", "recordings", 1),
)
"""Lists with pages: the path, the field of the answer that holds the entries, and how many are asked for."""
TOKEN_PARAMETERS = ("token", "access_token", "api_key", "authorization")


async def headers(console: Console, account: Account, service: str) -> ConsoleHeaders:
    """Ask for pages and API answers of every kind, whose headers must protect them."""
    requests = (
        ("GET", "/console/", NOBODY),
        ("GET", "/api/v1/session", NOBODY),
        ("GET", "/api/v1/session", account),
        ("GET", "/api/v1/logs/services?since=1m", account),
        ("GET", f"/api/v1/logs/{service}/export", account),
        ("GET", f"/api/v1/{ABSENT}", account),
        ("GET", "/api/v1/logs/services?since=never", account),
    )
    answers = [await console.ask(method, path, one) for method, path, one in requests]
    kept = zip(requests, answers, strict=True)
    return ConsoleHeaders(tuple(answered(f"{method} {path}", answer) for (method, path, _), answer in kept))


async def forgeries(console: Console, cookie: str, name: str, service: str, *, changes: bool) -> ConsoleForgeries:
    """Send what other sites and hosts could make the browser of a signed-in account send, and headers that forge one.

    `cookie` is the header of the session, `name` that of an account to pretend to be. The change that is asked for,
    where `changes` allows one, is about a token that does not exist.
    """
    cookie_of = {"Cookie": cookie}
    change = f"/api/v1/tokens/{ABSENT}"
    socket, stream = f"/api/v1/ws/logs/{service}?backlog=0", f"/api/v1/sse/logs/{service}?backlog=0"
    neighbour = f"{console.origin.rpartition(':')[0] if console.host.count(':') else console.origin}:9"
    browser = cookie_of | console.browser

    def without(header: str) -> dict[str, str]:
        return {key: value for key, value in browser.items() if key != header}

    async def changed(what: str, sent: Mapping[str, str], **more: Any) -> Forgery:
        method, path = ("POST", "/api/v1/tokens") if more else ("DELETE", change)
        return Forgery(what, (await console.ask(method, path, headers=sent, **more)).status_code)

    async def over_all(what: str, sent: Mapping[str, str]) -> list[Forgery]:
        return [
            Forgery(what, (await console.ask("GET", "/api/v1/session", headers=sent)).status_code),
            Forgery(what, (await console.opened(socket, sent))[0], "WebSocket"),
            Forgery(what, (await console.streamed(stream, sent))[0], "events"),
        ]

    async def all_changes() -> list[Forgery]:
        forms = ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x")
        sent = cookie_of | {"Origin": EVIL}
        sign_in = await console.ask("POST", "/api/v1/session", headers={"Origin": EVIL}, json={})
        return [
            await changed("a foreign Origin", browser | {"Origin": EVIL}),
            await changed("the Origin of another port", browser | {"Origin": neighbour}),
            await changed("the Origin `null`", browser | {"Origin": "null"}),
            await changed("no Origin", without("Origin")),
            await changed("Sec-Fetch-Site: cross-site", browser | {"Sec-Fetch-Site": "cross-site"}),
            await changed("Sec-Fetch-Site: same-site", browser | {"Sec-Fetch-Site": "same-site"}),
            await changed("no header of our own", without("X-Console-Request")),
            *[await changed(f"a form ({kind})", sent | {"Content-Type": kind}, content="label=x") for kind in forms],
            Forgery("the sign-in form of another site", sign_in.status_code),
        ]

    hosts, origins = [], []
    for what, host in (("the Host evil.example", "evil.example"), ("the Host of another port", f"{_bare(console)}:9")):
        hosts += await over_all(what, cookie_of | {"Host": host, "Origin": f"http://{host}"})
    for what, origin in (
        ("a foreign Origin", EVIL),
        ("the Origin of another port", neighbour),
        ("the Origin `null`", "null"),
    ):
        origins += await over_all(what, cookie_of | {"Origin": origin})
    asked = ["/api/v1/session"]
    # What the gateway asks is not to be reached through it; where it is, it must not believe such a header.
    if (await console.ask("GET", INTERNAL)).status_code != httpx.codes.NOT_FOUND:
        asked.append(INTERNAL)
    identities = [
        Forgery(each, (await console.ask("GET", path, headers={each: name, "X-WEBAUTH-ROLE": "Admin"})).status_code)
        for each in IDENTITY_HEADERS
        for path in asked
    ]
    genuine = await over_all("a request of our own page", cookie_of | {"Origin": console.origin})
    forged = []
    if changes:
        forged = await all_changes()
        genuine.append(await changed("a change of our own page", browser))
    return ConsoleForgeries(tuple(forged), tuple(hosts), tuple(origins), tuple(identities), tuple(genuine))


def _bare(console: Console) -> str:
    return console.host.rpartition(":")[0] if ":" in console.host else console.host


async def urls(console: Console, account: Account, endpoints: Sequence[Endpoint]) -> ConsoleUrls:
    """Send a token as a parameter of the URL.

    Raises:
        ConsoleSilent: the token is refused in the header, too, so that a refusal shows nothing.

    """
    genuine = (await console.ask("GET", "/api/v1/session", account)).status_code
    if genuine >= 400:
        raise ConsoleSilent(f"the token of {account.role} is refused in the header, too ({genuine}): renew it")
    tokens = [
        UrlToken(each, (await console.ask("GET", with_query("/api/v1/session", {each: account.token}))).status_code)
        for each in TOKEN_PARAMETERS
    ]
    return ConsoleUrls(tuple(tokens), for_secrets(endpoints))


async def addresses(console: Console, admin: Account) -> ConsoleAddresses:
    """Fail to sign in with headers that forge the client's address, and read which one the audit log has."""
    request_id = new_id()
    forged = dict.fromkeys(ADDRESS_HEADERS, FORGED) | {"Forwarded": f"for={FORGED}", REQUEST_ID: request_id}
    wrong = {"name": f"trial-{secrets.token_hex(4)}", "password": secrets.token_urlsafe(12)}
    await console.ask("POST", "/api/v1/session", headers=forged, json=wrong)
    told = await console.ask("GET", "/api/v1/audit?limit=100", admin)
    lines = told.json().get("lines", ()) if told.is_success else ()
    found = next((line.get("address") for line in lines if line.get("request_id") == request_id), None)
    return ConsoleAddresses(FORGED, ADDRESS_HEADERS, found)


async def reads(
    console: Console, endpoints: Sequence[Endpoint], admin: Account, service: str, spare: Account
) -> ConsoleReads:
    """Ask every path by GET, with the parameters that changes take, and compare what there is before and after.

    `spare` is an account whose name and token stand where a path names one: what does not exist cannot change.
    """
    token = (await console.ask("GET", "/api/v1/tokens", spare)).json()["tokens"][-1]["id"]
    there = {"name": spare.name, "token": str(token)}
    taken = {
        "name": ABSENT,
        "role": "viewer",
        "label": "trial",
        "action": "stop",
        "disabled": "true",
        "reason": "trial",
    }
    paths = {
        one.filled(service, there, **taken, password=secrets.token_urlsafe(12), days="1")
        for one in endpoints
        if one.method != "WS" and not one.is_stream and not one.path.endswith("/export")
    }
    before = await _state(console, admin)
    answers = await all_of([partial(console.ask, "GET", path, admin) for path in sorted(paths)])
    after = await _state(console, admin)
    changed = tuple(f"the {what}" for what in before if before[what] != after[what])
    if not changed and all(one.status_code in (401, 403, 429) or one.status_code >= 500 for one in answers):
        raise ConsoleSilent(f"no request by GET was taken: answered with {answers[0].status_code}")
    return ConsoleReads(len(paths), changed)


async def _state(console: Console, admin: Account) -> dict[str, str]:
    found = {}
    for what in ("users", "tokens"):
        rows = (await console.ask("GET", f"/api/v1/{what}?limit=5000", admin)).json()[what]
        kept = [{key: value for key, value in row.items() if key != "used"} for row in rows if isinstance(row, dict)]
        found["accounts" if what == "users" else what] = repr(kept)
    return found


async def errors(console: Console, account: Account, service: str, *, changes: bool) -> ConsoleErrors:
    """Send requests that are wrong in one way each."""
    lines, metrics = f"/api/v1/logs/{service}", "/api/v1/metrics"
    wrong = [
        ("GET", f"/api/v1/{ABSENT}"),
        ("GET", f"{lines}?since=never"),
        ("GET", f"{lines}?start=yesterday"),
        ("GET", f"{lines}?end=0001-01-01T00:00:00Z"),
        ("GET", f"{lines}?start=9999-12-31T23:59:59Z&end=9999-12-31T23:59:59Z"),
        ("GET", f"{lines}?since=1h&start=2026-01-01T00:00:00Z"),
        ("GET", f"{lines}?limit=many"),
        ("GET", f"{lines}?limit=0"),
        ("GET", f"{lines}?cursor=%00"),
        ("GET", f"{lines}?direction=sideways"),
        ("GET", f"{lines}?regex=("),
        ("GET", f"{lines}/context"),
        ("GET", f"{lines}/context?line=1"),
        ("GET", f"{lines}/export?format=exe"),
        ("GET", "/api/v1/logs/%2e%2e%2f%2e%2e%2fetc"),
        ("GET", "/api/v1/logs/%ff%00"),
        ("GET", f"/api/v1/containers/%00{ABSENT}"),
        ("GET", f"{metrics}/query?query=up%28"),
        ("GET", f"{metrics}/query?query=up&at=nan"),
        ("GET", f"{metrics}/query_range?query=up&step=0s&since=1h&end=1"),
        ("GET", f"{metrics}/export?query=up&format=xml"),
        ("GET", f"/api/v1/sse/metrics?query=up&every={'9' * 19}"),
        ("GET", f"/api/v1/audit?before={'9' * 40}&limit=-1"),
        *([("PUT", "/api/v1/logs/services"), ("POST", "/api/v1/session"), ("PATCH", f"/api/v1/users/{ABSENT}")]
          if changes else []),
    ]  # fmt: skip
    found = []
    for method, path in wrong:
        sent: dict[str, Any] = {} if method == "GET" else UNREADABLE
        answer = await console.ask(method, path, account, **sent)
        found.append(answered(f"{method} {path}", answer))
    return ConsoleErrors(tuple(one for one in found if one.status >= 400))


async def bounds(console: Console, account: Account, service: str) -> ConsoleBounds:
    """Ask for too much, and for lists that have more than is asked for."""
    lines, metrics = f"/api/v1/logs/{service}", "/api/v1/metrics"
    large = (
        f"{lines}?since=365d",
        f"{lines}?limit=1000000",
        f"{lines}/volume?since=365d",
        f"{lines}/export?since=365d",
        with_query(lines, {"contains": "x" * 2000}),
        with_query(lines, {"contains": [f"x{number}" for number in range(200)]}),
        f"{metrics}/query_range?query=up&since=365d",
        f"{metrics}/query_range?query=up&since=30d&step=1ms",
        with_query(f"{metrics}/query", {"query": "up" + " " * 5000}),
        f"{metrics}/export?query=up&since=30d&step=1ms",
    )
    refused = [answered(_short(f"GET {path}"), await console.ask("GET", path, account)) for path in large]
    lists = []
    for path, field, asked in ((lines, "lines", 2), *LISTS):
        more, _ = await _rows(console, f"{path}?limit={asked + 1}", field, account)
        if more > asked:
            rows, following = await _rows(console, f"{path}?limit={asked}", field, account)
            if rows:
                lists.append(Listed(f"GET {path}?limit={asked}", asked, rows, following))
    return ConsoleBounds(tuple(refused), tuple(lists))


async def _rows(console: Console, path: str, field: str, account: Account) -> tuple[int, str]:
    """How many rows there are, and where the next ones begin: a bare array has no place to say that."""
    answer = await console.ask("GET", path, account)
    told = answer.json() if answer.is_success else ()
    if isinstance(told, list):
        return len(told), ""
    return (len(told.get(field, ())), str(told.get("next") or "")) if told else (0, "")


def _short(request: str) -> str:
    return request if len(request) <= 100 else f"{request[:100]}…"
