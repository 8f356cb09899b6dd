"""Every list of the contract is paged or bounded, and says when it stopped; new ones are in here by themselves."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from stack.console.upstream.prometheus import MOST_SERIES
from tests.console.conftest import Behind, Console, Consoles

T0 = 1_795_000_000_000_000_000
SPAN = f"start={T0}&end={T0 + 10**9}"
PAGED = {
    "/api/v1/users": ("users", "after"),
    "/api/v1/tokens": ("tokens", "after"),
    "/api/v1/containers": ("containers", "after"),
    "/api/v1/metrics/dashboards": ("dashboards", "after"),
    "/api/v1/logs/services": ("services", "after"),
    "/api/v1/logs/{service_id}": ("lines", "cursor"),
    "/api/v1/audit": ("lines", "before"),
    "/api/v1/terminal/recordings": ("recordings", "before"),
}
"""By path: the field that holds the list, and the parameter that `next` belongs into."""
CUT = {
    "/api/v1/alerts": {"left_out"},
    "/api/v1/logs/{service_id}/context": {"more_before", "more_after"},
    "/api/v1/audit/verification": {"left_out"},
    "/api/v1/monitoring": {"dashboards_left_out"},
}
"""By path: the fields that say how much a bounded list leaves out."""
WHOLE = {
    "/api/v1/session": "the scopes of one account and at most one token",
    "/api/v1/terminal/targets": "what the terminal's own file names",
    "/api/v1/terminal/sessions": "the terminal's file limits how many there can be",
    "/api/v1/logs/{service_id}/volume": "at most 120 steps for each level",
    "/api/v1/metrics/query": "Prometheus' answer: its `warnings` say that it was cut",
    "/api/v1/metrics/query_range": "Prometheus' answer: its `warnings` say that it was cut",
    "/api/v1/containers/{container}": "one container",
    "/api/v1/containers/{container}/stats": "one container",
}
"""By path: why it needs no limit."""


def lists(document: dict[str, Any]) -> dict[str, tuple[set[str], set[str]]]:
    """Return parameters and fields of every GET that answers with a list, or with what the contract does not tell."""
    found = {}
    for path, item in document["paths"].items():
        content = item.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        schema = resolved(document, content.get("application/json", {}).get("schema"))
        fields = schema.get("properties", {})
        untold = schema.get("additionalProperties") is True
        if untold or any("array" in json.dumps(resolved(document, each)) for each in (schema, *fields.values())):
            found[path] = ({one["name"] for one in item["get"].get("parameters", ())}, set(fields))
    return found


def resolved(document: dict[str, Any], schema: dict[str, Any] | None) -> dict[str, Any]:
    if schema and "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return dict(document["components"]["schemas"][name])
    return schema or {}


def test_each_list_of_the_contract_is_paged_or_says_what_it_leaves_out(consoles: Consoles) -> None:
    async def act(console: Console) -> dict[str, Any]:
        return console.app.openapi()

    found = lists(consoles.run(act))
    assert set(found) == {*PAGED, *CUT, *WHOLE}
    for path, (_, onward) in PAGED.items():
        assert {"limit", onward} <= found[path][0], path
        assert "next" in found[path][1], path
    for path, told in CUT.items():
        assert told <= found[path][1], path


def container(number: int) -> dict[str, Any]:
    labels = {"com.docker.compose.service": f"s{number}"}
    return {"Id": f"{number:064x}", "Names": [f"/name-{9 - number}"], "Labels": labels, "State": "running"}


def loki(request: httpx.Request) -> httpx.Response:
    asked = dict(request.url.params)
    if "count_over_time" in asked["query"]:
        rows = [
            {"metric": {"system": "dante", "service": f"s{n}", "level": "info"}, "value": [0, "3"]} for n in range(5)
        ]
        return httpx.Response(200, json={"data": {"result": rows}})
    times = [at for at in range(T0, T0 + 5) if int(asked["start"]) <= at < int(asked["end"])]
    shown = sorted(times, reverse=asked["direction"] == "backward")[: int(asked["limit"])]
    stream = {"stream": {"service": "storage"}, "values": [[str(at), f"line {at}", {}] for at in shown]}
    return httpx.Response(200, json={"data": {"result": [stream]}})


def behind() -> Behind:
    return Behind({"/containers/json": [container(number) for number in range(5)], "/loki/": loki})


async def filled(console: Console) -> None:
    """Make entries for every list that the console keeps itself."""
    for number in range(5):
        body = {"label": f"t{number}", "systems": ["*"]}
        assert (await console.send("POST", "/api/v1/tokens", "ada", json=body)).status_code == 201
    folder = console.settings.data / "recordings"
    folder.mkdir(exist_ok=True)
    for number in range(5):
        head = {"timestamp": 1_795_000_000 + number, "tags": ["account:ada", "target:bastion"]}
        name = f"20261118T10000{number}Z-{number:016x}.cast"
        (folder / name).write_text(json.dumps(head) + "\n", encoding="utf-8")


def boards(folder: Path) -> Path:
    folder.mkdir()
    for number in range(5):
        board = {"uid": f"u{number}", "title": f"Board {9 - number}", "panels": []}
        (folder / f"{number}.json").write_text(json.dumps(board), encoding="utf-8")
    return folder


@pytest.mark.parametrize("path", PAGED)
def test_pages_together_are_the_whole_list(consoles: Consoles, tmp_path: Path, path: str) -> None:
    field, onward = PAGED[path]
    address = path.replace("{service_id}", "storage")

    async def page(console: Console, **more: Any) -> dict[str, Any]:
        span = dict(pair.split("=") for pair in SPAN.split("&")) if path.startswith("/api/v1/logs") else {}
        answer = await console.send("GET", address, "ada", params=span | more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def act(console: Console) -> None:
        await filled(console)
        whole = await page(console)
        assert whole["next"] is None
        assert len(whole[field]) >= 4
        found, following = [], ""
        while following is not None:
            part = await page(console, limit=2, **({onward: following} if following else {}))
            assert 0 < len(part[field]) <= 2
            found += part[field]
            following = part["next"]
        assert [str(each) for each in found] == [str(each) for each in whole[field]]

    consoles.run(act, behind(), dashboards=boards(tmp_path / "boards"))


def alert(number: int, state: str) -> dict[str, Any]:
    return {
        "fingerprint": str(number),
        "labels": {"alertname": f"a{number}"},
        "annotations": {},
        "status": {"state": state, "silencedBy": [], "inhibitedBy": []},
        "receivers": [],
        "startsAt": f"2026-05-01T12:00:0{number}Z",
    }


def silence(number: int, state: str) -> dict[str, Any]:
    return {
        "id": str(number),
        "status": {"state": state},
        "matchers": [],
        "startsAt": f"2026-05-01T12:00:0{number}Z",
        "endsAt": "",
        "createdBy": "",
        "comment": "",
    }


def test_of_too_many_alerts_the_active_and_newest_are_shown_and_the_others_counted(consoles: Consoles) -> None:
    rules = [{"name": f"r{state}", "state": state, "health": "ok"} for state in ("inactive", "firing", "pending")]
    behind = Behind(
        {
            "/api/v2/alerts": [alert(0, "suppressed"), alert(1, "active"), alert(2, "active")],
            "/api/v2/silences": [silence(3, "expired"), silence(1, "active")],
            "/api/v1/rules": {"data": {"groups": [{"name": "g", "rules": rules}]}},
        }
    )

    async def act(console: Console) -> None:
        told = (await console.send("GET", "/api/v1/alerts?limit=2", "ada")).json()
        assert [each["fingerprint"] for each in told["alerts"]] == ["2", "1"]
        assert [each["name"] for each in told["rules"]] == ["rfiring", "rpending"]
        assert [each["id"] for each in told["silences"]] == ["1", "3"]
        assert told["left_out"] == {"alerts": 1, "rules": 1, "silences": 0}

    consoles.run(act, behind)


def test_lines_around_a_line_say_whether_there_are_more(consoles: Consoles) -> None:
    async def act(console: Console) -> None:
        shown = (await console.send("GET", f"/api/v1/logs/storage?{SPAN}&direction=forward", "ada")).json()["lines"]
        middle = shown[2]["id"]
        for limit, more in ((1, True), (2, False)):
            told = (
                await console.send("GET", f"/api/v1/logs/storage/context?line={middle}&limit={limit}", "ada")
            ).json()
            assert [len(told[side]) for side in ("before", "after")] == [limit, limit]
            assert (told["more_before"], told["more_after"]) == (more, more)

    consoles.run(act, behind())


def test_breaks_of_the_audit_chain_beyond_those_that_are_named_are_counted(
    consoles: Consoles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stack.console.api.audit.BREAKS", 1)

    async def act(console: Console) -> None:
        with console.app.state.guard.audit.path.open("ab") as file:
            file.write(b"no line\n" * 3)
        told = (await console.send("GET", "/api/v1/audit/verification", "ada")).json()
        assert (len(told["breaks"]), told["left_out"]) == (1, 2)

    consoles.run(act)


def test_dashboards_beyond_those_that_the_stack_names_are_counted(
    consoles: Consoles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stack.console.api.monitoring.BOARDS", 2)

    async def act(console: Console) -> None:
        told = (await console.send("GET", "/api/v1/monitoring", "ada")).json()
        assert (len(told["dashboards"]), told["dashboards_left_out"]) == (2, 3)

    consoles.run(act, dashboards=boards(tmp_path / "boards"))


SERIES = [{"metric": {"__name__": "up", "n": str(n)}, "values": [[1, "1"]]} for n in range(MOST_SERIES + 1)]


@pytest.mark.parametrize(
    ("series", "warnings"),
    [
        pytest.param(SERIES, [], id="a server that does not know the limit"),
        pytest.param(SERIES[:-1], ["results truncated due to limit"], id="a server that keeps to it"),
    ],
)
def test_a_query_with_too_many_series_says_so_and_is_not_exported(
    consoles: Consoles, series: list[dict[str, Any]], warnings: list[str]
) -> None:
    data = {"resultType": "matrix", "result": series}
    behind = Behind({"/api/v1/query_range": {"data": data, "warnings": warnings}})

    async def act(console: Console) -> None:
        told = (await console.send("GET", "/api/v1/metrics/query_range?query=up", "ada")).json()
        assert len(told["result"]) == MOST_SERIES
        assert told["warnings"] == ["results truncated due to limit"]
        for form in ("csv", "json", "openmetrics"):
            answer = await console.send("GET", f"/api/v1/metrics/export?query=up&format={form}", "ada")
            assert answer.status_code == 422
            assert "more than 2,000 series" in answer.json()["detail"]
        assert all(line.get("target") != "metrics" for line in console.app.state.guard.audit.newest())

    consoles.run(act, behind)
