"""Real agents and a real store count why they lose lines, and the hint on the lost lines names that reason.

Each case is a configuration of the store or of an agent that loses lines in one way.
"""

import asyncio
import json
import re
import time
from pathlib import Path

import httpx
import pytest

from stack.backends.process import HttpReady
from stack.clients.loki import LokiClient
from stack.records.logs.delivery import Delivery
from stack.records.logs.entry import EmittedLine
from stack.records.logs.losses import Losses
from suites.core.evidence import NotEvaluated
from suites.logs.collect.delivery import DeliveryContract, collect
from suites.logs.rules import delivered_exactly_once
from tests.fidelity.real import AGENT_CONFIGS, LOKI_CONFIG, needs_real_servers, real_logs

PUSH = "/loki/api/v1/push"
STORE = {
    "`line_too_long`": {"max_line_size: 256KB": "max_line_size: 1KB", "_truncate: true": "_truncate: false"},
    "`rate_limited`": {"_rate_mb: 16": "_rate_mb: 0.0001", "_size_mb: 32": "_size_mb: 0.0001"},
    "`per_stream_rate_limit`": {"_rate_limit: 8MB": "_rate_limit: 100B", "_burst: 32MB": "_burst: 100B"},
    "`stream_limit`": {"_per_user: 5000": "_per_user: 1"},
    "`max_label_names_per_series`": {"_per_series: 15": "_per_series: 2"},
    "`disallowed_structured_metadata`": {"structured_metadata: true": "structured_metadata: false"},
    "`greater_than_max_sample_age`": {"max_age: 168h": "max_age: 100ms"},
    "`too_far_behind`": {"max_chunk_age: 2h": "max_chunk_age: 100ms"},
    "answers pushes with 401: it requires a tenant": {"auth_enabled: false": "auth_enabled: true"},
}
AGENT = {
    "answers pushes with 404": ({PUSH: "/api/prom/pusch"}, {PUSH: "/api/prom/pusch"}),
    "pushes reach no store": (
        {"${LOKI_URL:-http://loki:3100}": "http://127.0.0.1:9"},
        {'coalesce(sys.env("LOKI_URL"), "http://loki:3100")': '"http://127.0.0.1:9"'},
    ),
    "stage `drop`": (
        {"- labelallow: [system": "- drop:\n                expression: event 3\n            - labelallow: [system"},
        {"stage.label_keep {": 'stage.drop {\n\t\texpression = "event 3"\n\t}\n\tstage.label_keep {'},
    ),
    "stage `limit`": (
        {
            "- labelallow: [system": "- limit:\n                rate: 0.1\n                burst: 1\n"
            "                drop: true\n            - labelallow: [system"
        },
        {"stage.label_keep {": "stage.limit {\n rate = 1\n burst = 1\n drop = true\n}\nstage.label_keep {"},
    ),
    "has not read": (
        {"${PROMTAIL_LOG_GLOB:-/var/log/services/*/*/*.log}": "/nonexistent/*.log"},
        {'coalesce(sys.env("ALLOY_LOG_GLOB"), "/var/log/services/*/*/*.log")': '"/nonexistent/*.log"'},
    ),
}
CASES = [
    *((reason, "promtail", changes, {}) for reason, changes in STORE.items()),
    *(
        (reason, agent, {}, both[number])
        for reason, both in AGENT.items()
        for number, agent in enumerate(AGENT_CONFIGS)
    ),
]


def changed(source: Path, folder: Path, changes: dict[str, str]) -> Path:
    text = source.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"`{old}` is not in {source.name}"
        text = text.replace(old, new, 1)
    target = folder / source.name
    target.write_text(text, encoding="utf-8")
    return target


def written(folder: Path) -> tuple[EmittedLine, ...]:
    """Write ten lines, one of them long and one behind the others."""
    path = folder / "logs" / "dante" / "svc" / "one.log"
    path.parent.mkdir(parents=True)
    now = time.time() - 0.5
    texts = [
        json.dumps(
            {
                "level": ("info", "warn", "error")[number % 3],
                "ts": round(now + number / 100 - 5 * (number == 7), 6),
                "msg": f"event {number}{'x' * 2000 * (number == 5)}",
                "request_id": f"r-{number}",
            }
        )
        for number in range(10)
    ]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return tuple(EmittedLine.parse(text, number, str(path)) for number, text in enumerate(texts, 1))


async def delivered(store: str, agent: str, lines: tuple[EmittedLine, ...]) -> Delivery:
    labels = {"service": "svc", "system": "dante", "environment": "test", "instance": "one", "level": "*"}
    async with httpx.AsyncClient(timeout=60) as http:

        async def losses() -> Losses:
            return Losses.parse(*[(await http.get(f"{url}/metrics")).text for url in (store, agent)])

        contract = DeliveryContract("svc", labels)
        found = await collect(LokiClient(store, http), contract, lines, time.time() - 30, deadline_s=4, losses=losses)
    records = found[Delivery]
    assert not isinstance(records, NotEvaluated), records
    [delivery] = records
    assert isinstance(delivery, Delivery)
    return delivery


@pytest.mark.native
@needs_real_servers("loki", "promtail", "alloy")
@pytest.mark.parametrize(("reason", "agent", "store_changes", "agent_changes"), CASES)
def test_the_reason_is_named(
    reason: str, agent: str, store_changes: dict[str, str], agent_changes: dict[str, str], tmp_path: Path
) -> None:
    with real_logs(tmp_path, changed(LOKI_CONFIG, tmp_path, store_changes)) as real:
        config = changed(AGENT_CONFIGS[agent], tmp_path, agent_changes)
        running = {"promtail": real.promtail, "alloy": real.alloy}[agent](config, real.environment())
        ready = running.spec.ready
        assert isinstance(ready, HttpReady)
        url = re.sub(r"(:[0-9]+)/.*", r"\1", ready.url)
        delivery = asyncio.run(delivered(real.url, url, written(tmp_path)))
    [finding] = delivered_exactly_once.check.judge(delivery)
    assert reason in (finding.hint or "")
    assert ";" not in (finding.hint or ""), "one reason alone"
