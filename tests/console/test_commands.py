"""The documented commands: what is read of the documents, and what the rule says of a gateway that answers wrongly."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from stack.clients.gateway import GatewayClient
from suites.console.collect.commands import commands, documented, execute, held
from suites.console.rules.documented_commands_answer import check
from suites.core.evidence import Evidence
from suites.core.verdict import Verdict, judge

ROOT = Path(__file__).parents[2]
ACCOUNT = ("ada", "Kiwi-tree-42-moon")
STREAMS = {"data": {"resultType": "streams", "result": [{"values": [["1", "a"], ["2", "b"]]}]}}


def answered(request: httpx.Request) -> httpx.Response:
    """As the stack does: accounts for all but docaiche-api, times as Loki reads them, lines where a label is known."""
    path, asked = request.url.path, request.url.params
    if path in ("/api/v1/health", "/api/v1/stats"):
        return httpx.Response(200, json={"status": "ok"})
    if request.headers.get("authorization") != httpx.BasicAuth(*ACCOUNT)._auth_header:
        return httpx.Response(401, text="sign in")
    if path == "/prometheus/api/v1/targets":
        return httpx.Response(200, json={"data": {"activeTargets": [{}, {}], "droppedTargets": []}})
    if path == "/loki/loki/api/v1/query_range":
        if not asked.get("start", "1").isdigit():
            return httpx.Response(400, text="could not parse 'start'")
        return httpx.Response(200, json=STREAMS if "service" in asked["query"] else {"data": {"result": []}})
    return httpx.Response(200, json=[{"name": "loki"}]) if path == "/api/v1/monitoring" else httpx.Response(404)


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a wrong command never shows is waited for in vain."""
    monkeypatch.setattr("suites.console.collect.commands.WAIT_S", 0.0)


def judged(
    found: list[Any],
    answer: Callable[[httpx.Request], httpx.Response] = answered,
    absent: Mapping[str, str] | None = None,
) -> Verdict:
    async def within() -> Any:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
            return await execute(GatewayClient("http://g.test", http), ACCOUNT, found, absent or {})

    return judge(check, "console", Evidence((asyncio.run(within()),), "live"))


def test_every_command_of_the_write_up_is_documented_and_answered() -> None:
    found = documented(ROOT)
    paths = {one.path for one in found}
    assert paths >= {
        "/api/v1/health",
        "/api/v1/stats",
        "/api/v1/monitoring",
        "/prometheus/api/v1/targets",
        "/loki/loki/api/v1/query_range",
    }
    assert {one.file for one in found} == {"README.md", "docs/console.md", "docs/deploy.md"}
    for one in found:  # each finding leads to its line
        shown = (ROOT / one.file).read_text(encoding="utf-8").splitlines()[one.line - 1]
        assert one.text.startswith(shown.removesuffix("\\").strip())
    assert judged(found).outcome == "pass"


QUERY = "curl -G -u me http://localhost:4080/loki/loki/api/v1/query_range --data-urlencode"
WRONG = {
    "curl http://localhost:4080/prometheus/api/v1/targets": "is answered with 401",
    "curl -u me http://localhost:4080/api/v2/monitoring": "is answered with 404",
    f"{QUERY} 'query={{job=\"dockerlogs\"}}'": "is answered with nothing",
    f"{QUERY} 'query={{service=~\".+\"}}' \\\n  --data-urlencode start=1hour": "is answered with 400",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_command_that_does_not_work_is_found_where_it_stands(line: str) -> None:
    verdict = judged(list(commands(f"# Start\n\n```bash\n# first\n{line}\n```\n", "a.md")))
    assert verdict.outcome == "fail"
    assert [one.message.endswith(WRONG[line]) for one in verdict.findings] == [True]
    assert (verdict.findings[0].where.file, verdict.findings[0].where.line) == ("a.md", 5)


def test_what_is_not_behind_the_gateway_of_the_run_is_not_asked_and_not_passed() -> None:
    asked: list[str] = []

    def note(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return answered(request)

    verdict = judged(documented(ROOT), note, {"loki": "there is no real loki"})
    assert verdict.outcome == "not-evaluated"
    assert "1 commands cannot be executed here" in str(verdict.reason)
    assert "there is no real loki" in str(verdict.reason)
    assert asked
    assert not [path for path in asked if path.startswith("/loki/")]


def test_what_a_stack_shows_only_after_a_while_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suites.console.collect.commands.WAIT_S", 60.0)
    early = [httpx.Response(502), httpx.Response(200, json={"data": {"activeTargets": []}})]
    found = [one for one in documented(ROOT) if one.file == "README.md"]
    assert judged(found, lambda request: early.pop() if early else answered(request)).outcome == "pass"
    assert early == []


@pytest.mark.parametrize(("option", "why"), [("-X DELETE", "`-X`"), ("--data-urlencode a=b", "-G is missing")])
def test_a_command_that_cannot_be_executed_as_it_stands_is_no_evidence(option: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"a.md:2: .*{why}"):
        list(commands(f"```bash\ncurl {option} http://localhost:4080/loki/\n```\n", "a.md"))


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ("", 0),
        ("\n", 0),
        ("a\nb", 2),
        ("[]", 0),
        ("{}", 0),
        ('{"data": {"result": []}}', 0),
        ('{"data": {"result": [{"value": [1, "2"]}]}}', 1),
        ('{"data": {"result": [{"values": [["1", "a"], ["2", "b"]]}, {"values": []}]}}', 2),
        ('{"data": {"activeTargets": [], "droppedTargets": [{}]}}', 0),
        ('{"data": ["job"]}', 1),
        ('{"status": "ok"}', 1),
    ],
)
def test_how_much_an_answer_holds(body: str, number: int) -> None:
    assert held(httpx.Response(200, text=body)) == number
