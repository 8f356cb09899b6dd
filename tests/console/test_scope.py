"""Roles and scopes: which account may ask for what, and what lies outside looks like what does not exist."""

import pytest

from stack.console.access.scope import Permission, Role, scope_of
from tests.console.conftest import ACCOUNTS, Behind, Console, Consoles

LINES = {"data": {"resultType": "streams", "result": []}}
PARTS = {"{name}": "vera", "{token}": "0", "{service_id}": "storage", "{container}": "c0ffee", "{silence_id}": "s"}
WITHOUT_ROLE = {("post", "/api/v1/session"), ("post", "/api/v1/setup")}
OPERATORS = {
    ("post", "/api/v1/silences"),
    ("delete", "/api/v1/silences/{silence_id}"),
    ("post", "/api/v1/containers/{container}/action"),
}
ADMINS = ("/api/v1/users", "/api/v1/audit", "/api/v1/terminal")


def test_no_scope_is_nothing_and_a_token_only_narrows() -> None:
    nothing = Permission(Role.VIEWER, (scope_of([], []),))
    assert not nothing.allows("dante", "storage")
    assert nothing.systems_for("storage") == frozenset()
    dante = Permission(Role.OPERATOR, (scope_of(["dante"], []),))
    token = dante.narrowed(Role.ADMIN, scope_of(["*"], []))
    assert (token.role, token.allows("dante", "x"), token.allows("docaiche", "x")) == (Role.OPERATOR, True, False)
    assert dante.narrowed(Role.VIEWER, scope_of(["docaiche"], [])).systems_for("x") == frozenset()
    assert Permission(Role.ADMIN, (scope_of(["*"], []),)).systems_for("x") is None


def test_every_endpoint_of_the_contract_asks_for_its_role(consoles: Consoles) -> None:
    """Each operation in the OpenAPI document, as nobody and as each role: new ones are in here by themselves."""
    refused: list[str] = []

    async def act(console: Console) -> None:
        document = console.app.openapi()
        operations = [(method, path) for path, item in document["paths"].items() for method in item]
        assert len(operations) > 25
        for method, path in operations:
            address = path
            for part, value in PARTS.items():
                address = address.replace(part, value)
            if (method, path) in WITHOUT_ROLE or "/sse/" in path:
                continue
            anonymous = await console.send(method.upper(), address)
            assert anonymous.status_code == 401, (method, path, anonymous.text)
            need = (
                Role.ADMIN if path.startswith(ADMINS) else Role.OPERATOR if (method, path) in OPERATORS else Role.VIEWER
            )
            for name in ("vera", "otto"):
                answer = await console.send(method.upper(), address, name)
                role_refused = answer.status_code == 403 and "needs the role" in answer.text
                assert role_refused == (not ACCOUNTS[name][0].includes(need)), (method, path, name, answer.text)
                refused.append(path) if role_refused else None

    consoles.run(act)
    assert len(set(refused)) > 5


def test_what_is_out_of_scope_looks_like_what_does_not_exist(consoles: Consoles) -> None:
    behind = Behind({"/loki/api/v1/series": {"data": []}, "/loki/": LINES})

    async def act(console: Console) -> None:
        answers = [
            await console.send("GET", path, account, headers={"X-Request-ID": "0" * 8})
            for path, account in (
                ("/api/v1/logs/scheduler", "vera"),
                ("/api/v1/logs/no-such-service", "vera"),
                ("/api/v1/logs/storage", "nemo"),
                ("/api/v1/logs/no-such-service", "ada"),
                ("/api/v1/nowhere", "ada"),
            )
        ]
        assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
        assert "scheduler" not in str([request.url for request in behind.asked])

    consoles.run(act, behind)


def test_a_limited_account_reads_within_its_systems_only(consoles: Consoles) -> None:
    behind = Behind({"/loki/": LINES})

    async def act(console: Console) -> None:
        await console.send("GET", "/api/v1/logs/scheduler?contains=a%22%7D%7C", "otto")
        assert behind.asked[0].url.params["query"] == '{service="scheduler", system="dante"} |= "a\\"}|"'

    consoles.run(act, behind)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ('sum(rate(http_requests_total{system="dante"}[5m]))', 200),
        ('up{system="dante"} / on() group_left up{system="dante"}', 200),
        ("up", 403),
        ('up{system="docaiche"}', 403),
        ('up{system=~"dante"}', 403),
        ('up{system="dante"} or up', 403),
        ('topk(scalar(up), up{system="dante"})', 403),
        ("max_over_time(up[1h:5m])", 403),
        ('up{system="dante" or system="docaiche"}', 403),
        ("up{", 422),
        ('info(up{system="dante"})', 422),
        ("up offset inf", 422),  # the parser panics on it, which must not end the server
        ('up{system="dante"} + time() + vector(1)', 200),
    ],
)
def test_a_limited_account_queries_within_its_systems_only(consoles: Consoles, query: str, status: int) -> None:
    behind = Behind({"/api/v1/query": {"data": {"resultType": "vector", "result": []}}})

    async def act(console: Console) -> None:
        answer = await console.send("GET", "/api/v1/metrics/query", "otto", params={"query": query})
        assert answer.status_code == status, answer.text
        assert bool(behind.asked) == (status == 200)
        everything = await console.send("GET", "/api/v1/metrics/query", "ada", params={"query": query})
        assert everything.status_code == 200

    consoles.run(act, behind)
