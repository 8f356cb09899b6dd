"""Who may do what: sign-in, sessions, tokens, roles, scopes, and requests that come from elsewhere."""

import asyncio
import time
from typing import Any

import pytest
from argon2 import extract_parameters

from stack.console.access import passwords
from stack.console.access.limits import Limits
from stack.console.access.passwords import weakness
from stack.console.access.scope import Role
from tests.console.conftest import ACCOUNTS, HOST, PASSWORD, Console, Consoles

ORIGIN = f"http://{HOST}"
BROWSER = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", "X-Console-Request": "1"}


async def signed_in(console: Console, name: str) -> str:
    answer = await console.send("POST", "/api/v1/session", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return str(answer.headers["set-cookie"])


def audit(console: Console) -> list[dict[str, Any]]:
    return list(console.app.state.guard.audit.newest())


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "fewer than 12"),
        ("x" * 257, "more than 256"),
        ("ababababababab", "different characters"),
        ("Password123456", "common word"),
        ("ada-ada-ada-password", "common word or the name"),
        (PASSWORD, ""),
    ],
)
def test_weak_passwords_are_refused(password: str, reason: str) -> None:
    assert (reason in (weakness(password, "ada") or "")) if reason else weakness(password, "ada") is None


def test_an_unknown_account_costs_as_much_time_as_a_wrong_password() -> None:
    assert extract_parameters(passwords._UNKNOWN) == extract_parameters(passwords.hashed(PASSWORD))


def test_a_session_is_a_cookie_that_scripts_and_other_sites_cannot_use(consoles: Consoles) -> None:
    async def act(console: Console) -> None:
        cookie = await signed_in(console, "ada")
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/" in cookie
        assert PASSWORD not in cookie
        secret = cookie.partition("=")[2].partition(";")[0]
        stored = console.app.state.database.row("SELECT hash FROM sessions")
        assert secret.encode() not in bytes(stored["hash"])
        assert (await console.send("GET", "/api/v1/session")).json()["account"] == "ada"
        assert (await console.send("DELETE", "/api/v1/session", headers=BROWSER)).status_code == 204
        assert (await console.send("GET", "/api/v1/session")).status_code == 401

    consoles.run(act)


def test_with_tls_the_cookie_is_secure_and_bound_to_the_host(consoles: Consoles) -> None:
    async def act(console: Console) -> None:
        answer = await console.send(
            "POST", f"https://{HOST}/api/v1/session", json={"name": "ada", "password": PASSWORD}
        )
        assert answer.headers["set-cookie"].startswith("__Host-console=")
        assert "Secure" in answer.headers["set-cookie"]
        assert "max-age" in answer.headers["strict-transport-security"]

    consoles.run(act, public_url=f"https://{HOST}")


def test_wrong_passwords_and_unknown_accounts_are_answered_alike_and_then_locked(consoles: Consoles) -> None:
    async def act(console: Console) -> None:
        bodies = []
        for name in ("ada", "nobody"):
            for _ in range(5):
                answer = await console.send(
                    "POST",
                    "/api/v1/session",
                    json={"name": name, "password": "wrong"},
                    headers={"X-Request-ID": "0" * 8},
                )
                bodies.append((answer.status_code, answer.json()))
        assert len({str(body) for body in bodies}) == 1
        assert bodies[0][0] == 401
        locked = await console.send("POST", "/api/v1/session", json={"name": "ada", "password": PASSWORD})
        assert locked.status_code == 429
        assert int(locked.headers["retry-after"]) > 0
        assert {line["event"] for line in audit(console)} >= {"authn_login_fail", "authn_login_lock"}
        assert "wrong" not in str(audit(console))

    consoles.run(act)


def test_refused_requests_do_not_fill_the_disk_and_are_counted(
    consoles: Consoles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stack.console.access.guard.REFUSALS_PER_ADDRESS", "3 per 1 minute")

    async def act(console: Console) -> None:
        for _ in range(5):
            assert (await console.send("GET", "/api/v1/users", "vera")).status_code == 403
        assert (
            await console.send("GET", "/api/v1/audit/export", "ada")
        ).status_code == 200  # what is done has its line
        console.app.state.guard.limits = Limits()
        await console.send("GET", "/api/v1/users", "vera")
        refused = [line for line in audit(console) if line["event"] == "authz_fail"]
        assert [line.get("details", {}).get("left_out") for line in refused] == [2, None, None, None]
        assert any(line["event"] == "sensitive_read" for line in audit(console))

    consoles.run(act)


def test_guesses_that_are_sent_at_once_are_told_no_more_than_those_that_follow_each_other(consoles: Consoles) -> None:
    async def act(console: Console) -> None:
        def guess(password: str) -> Any:
            return console.send("POST", "/api/v1/session", json={"name": "ada", "password": password})

        answers = await asyncio.gather(*(guess(f"wrong-{number}") for number in range(20)), guess(PASSWORD))
        told = [answer.status_code for answer in answers]
        assert told.count(401) == 5
        assert told.count(429) == 16

    consoles.run(act)


def test_a_body_that_is_too_large_is_not_read(consoles: Consoles) -> None:
    async def act(console: Console) -> None:
        body = {"name": "ada", "password": "x" * 200_000}
        answer = await console.send("POST", "/api/v1/session", json=body)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"

    consoles.run(act)


def test_a_forged_address_does_not_escape_the_limit(consoles: Consoles) -> None:
    async def act(console: Console) -> None:
        guard = console.app.state.guard
        for number in range(25):
            await console.send(
                "POST",
                "/api/v1/session",
                json={"name": f"n{number}", "password": "x"},
                headers={"X-Forwarded-For": f"10.0.0.{number}", "X-Real-IP": f"10.0.0.{number}"},
            )
        assert {line["address"] for line in audit(console) if line["event"] == "authn_login_fail"} == {"127.0.0.1"}
        assert guard.limits.wait_s("20 per 1 minute", "address", "127.0.0.1") > 0

    consoles.run(act, proxies=())


def test_the_address_that_the_gateway_saw_is_believed(consoles: Consoles) -> None:
    async def act(console: Console) -> None:
        await console.send(
            "POST", "/api/v1/session", json={"name": "x", "password": "x"}, headers={"X-Real-IP": "192.0.2.7"}
        )
        assert audit(console)[0]["address"] == "192.0.2.7"

    consoles.run(act)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (BROWSER, 409),  # passed every check: there is no other admin
        (BROWSER | {"Origin": "http://evil.example"}, 403),
        (BROWSER | {"Origin": "http://localhost:9999"}, 403),
        (BROWSER | {"Origin": "null"}, 403),
        (BROWSER | {"Sec-Fetch-Site": "cross-site"}, 403),
        (BROWSER | {"Sec-Fetch-Site": "same-site"}, 403),
        ({key: value for key, value in BROWSER.items() if key != "Origin"}, 403),
        ({key: value for key, value in BROWSER.items() if key != "X-Console-Request"}, 403),
        (BROWSER | {"Host": "evil.example"}, 421),
        (BROWSER | {"Host": "localhost:9999"}, 421),
    ],
)
def test_a_change_by_cookie_needs_our_own_page(consoles: Consoles, headers: dict[str, str], status: int) -> None:
    async def act(console: Console) -> None:
        await signed_in(console, "ada")
        answer = await console.send("DELETE", "/api/v1/users/ada", headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"

    consoles.run(act)


def test_every_answer_has_the_headers_that_protect_a_page(consoles: Consoles) -> None:
    async def act(console: Console) -> None:
        for path in ("/api/v1/session", "/nothing", "/api/v1/users"):
            headers = (await console.send("GET", path)).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert "server" not in headers
        assert (await console.send("GET", "/api/v1/session")).headers["cache-control"] == "no-store"

    consoles.run(act)


def test_a_token_works_until_revoked_and_may_do_no_more_than_its_account(consoles: Consoles) -> None:
    async def act(console: Console) -> None:
        wide = {"label": "ci", "role": "admin", "systems": ["*"]}
        assert (await console.send("POST", "/api/v1/tokens", "otto", json=wide)).status_code == 403
        made = (await console.send("POST", "/api/v1/tokens", "otto", json=wide | {"role": "viewer"})).json()
        bearer = {"Authorization": f"Bearer {made['secret']}"}
        who = (await console.send("GET", "/api/v1/session", headers=bearer)).json()
        assert (who["account"], who["role"], who["scopes"][0]["systems"]) == ("otto", "viewer", ["dante"])
        assert made["secret"] not in str(console.app.state.database.rows("SELECT * FROM tokens")[0]["hash"])
        assert (await console.send("POST", "/api/v1/tokens", headers=bearer, json=wide)).status_code == 403
        assert (await console.send("DELETE", f"/api/v1/tokens/{made['id']}", "vera")).status_code == 404
        assert (await console.send("DELETE", f"/api/v1/tokens/{made['id']}", "otto")).status_code == 204
        assert (await console.send("GET", "/api/v1/session", headers=bearer)).status_code == 401

    consoles.run(act)


@pytest.mark.parametrize(
    "change", [{"disabled": True}, {"password": "Other-tree-42-moon"}, {"role": Role.ADMIN}, None], ids=str
)
def test_an_account_that_changes_while_its_password_is_checked_is_not_signed_in(
    consoles: Consoles, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any] | None
) -> None:
    async def act(console: Console) -> None:
        accounts = console.app.state.guard.accounts

        async def slowly(stored: str | None, password: str) -> bool:
            right = await passwords.matches(stored, password)
            accounts.change("otto", **change) if change else accounts.delete("otto")
            return right

        monkeypatch.setattr("stack.console.access.guard.matches", slowly)
        answer = await console.send("POST", "/api/v1/session", json={"name": "otto", "password": PASSWORD})
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        assert console.app.state.database.rows("SELECT * FROM sessions") == []

    consoles.run(act)


@pytest.mark.parametrize("end", [True, False])
@pytest.mark.parametrize("who", ["the owner", "an admin"])
def test_a_changed_password_ends_the_tokens_where_that_is_asked_for(consoles: Consoles, who: str, end: bool) -> None:
    async def act(console: Console) -> None:
        for account in ("otto", "ada"):
            body = {"label": "ci", "systems": ["*"]}
            made = (await console.send("POST", "/api/v1/tokens", account, json=body)).json()
            bearers.append({"Authorization": f"Bearer {made['secret']}"})
        told: dict[str, Any] = {"password": "Other-tree-42-moon", "end_tokens": end}
        if who == "the owner":
            change = {"current": PASSWORD, **told}
            answer = await console.send("PUT", "/api/v1/session/password", "otto", json=change)
        else:
            answer = await console.send("PATCH", "/api/v1/users/otto", "ada", json=told)
        assert answer.is_success, answer.text
        found = [(await console.send("GET", "/api/v1/session", headers=each)).status_code for each in bearers]
        assert found == [401 if end else 200, 200]
        assert ("tokens_ended" in str(audit(console)[0])) == end

    bearers: list[dict[str, str]] = []
    consoles.run(act)


def test_a_change_of_an_account_ends_its_sessions_and_streams(consoles: Consoles) -> None:
    async def act(console: Console) -> None:
        await signed_in(console, "otto")
        guard = console.app.state.guard
        secret = console.http.cookies["console"]
        identity = guard.sessions.of_cookie(secret)
        assert guard.sessions.still(identity)
        changed = await console.send("PATCH", "/api/v1/users/otto", "ada", json={"role": "viewer"})
        assert changed.json()["role"] == "viewer"
        assert not guard.sessions.still(identity)
        assert (await console.send("GET", "/api/v1/session")).status_code == 401
        last = await console.send("PATCH", "/api/v1/users/ada", "ada", json={"disabled": True})
        assert last.status_code == 409

    consoles.run(act)


def test_the_first_link_works_once_and_only_without_accounts(consoles: Consoles) -> None:
    async def act(console: Console) -> None:
        guard = console.app.state.guard
        body = {"link": guard.sessions.setup_link(), "name": "first", "password": PASSWORD}
        assert (await console.send("POST", "/api/v1/setup", json=body)).status_code == 403
        for name in ACCOUNTS:
            console.app.state.database.write("DELETE FROM accounts WHERE name = ?", name)
        body["link"] = guard.sessions.setup_link()
        weak = await console.send("POST", "/api/v1/setup", json=body | {"password": "weak"})
        assert weak.status_code == 422
        assert (await console.send("POST", "/api/v1/setup", json=body)).status_code == 201
        assert (await console.send("POST", "/api/v1/setup", json=body)).status_code == 403

    consoles.run(act)


def test_the_gateway_learns_who_it_is_and_limited_accounts_stay_out(consoles: Consoles) -> None:
    async def act(console: Console) -> None:
        path = "/internal/authorize"
        assert (await console.send("GET", path)).status_code == 401
        assert (await console.send("GET", path, "otto")).status_code == 403
        answer = await console.send("GET", path, "ada", headers={"Host": "console:4081"})
        assert answer.status_code == 204
        assert (answer.headers["x-console-account"], answer.headers["x-console-role"]) == ("ada", "Admin")
        await signed_in(console, "ada")
        post = {"X-Original-Method": "POST", "X-Original-URI": "/grafana/api/x"}
        assert (await console.send("GET", path, headers=post)).status_code == 403
        assert (await console.send("GET", path, headers=post | {"Origin": ORIGIN})).status_code == 204

    consoles.run(act)


def test_an_idle_session_ends(consoles: Consoles, monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(console: Console) -> None:
        await signed_in(console, "ada")
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 31 * 60)
        assert (await console.send("GET", "/api/v1/session")).status_code == 401

    consoles.run(act)
