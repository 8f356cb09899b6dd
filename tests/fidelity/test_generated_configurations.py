"""Configurations of every stage that the stand-in claims to know: real Promtail and the stand-in do the same with them.

All jobs run in one Promtail, each on a file of its own and under a label of its own.
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from stack.embedded.pipeline import KNOWN_STAGES
from stack.embedded.stack import EmbeddedLogs
from tests.fidelity.compare import differences, window
from tests.fidelity.corpus import lines
from tests.fidelity.generated import pipeline
from tests.fidelity.real import LOKI_CONFIG, needs_real_servers, real_logs

CONFIGURATIONS = 60
SEEDS = range(CONFIGURATIONS)
LINES = 60


def promtail_config(folder: Path, url: str, port: str) -> dict[str, Any]:
    return {
        "server": {
            "http_listen_address": "127.0.0.1",
            "http_listen_port": int(port),
            "grpc_listen_address": "127.0.0.1",
            "grpc_listen_port": 0,
            "health_check_target": False,
        },
        "positions": {"filename": str(folder / "generated-positions.yaml")},
        "clients": [
            {"url": f"{url}/loki/api/v1/push", "batchwait": "50ms", "external_labels": {"origin": "generated"}}
        ],
        "scrape_configs": [
            {
                "job_name": f"case-{seed}",
                "static_configs": [
                    {
                        "targets": ["localhost"],
                        "labels": {"case": f"case-{seed}", "__path__": str(folder / f"{seed}.log")},
                    }
                ],
                "pipeline_stages": pipeline(seed),
            }
            for seed in SEEDS
        ],
    }


def kinds(stages: list[dict[str, Any]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for stage in stages:
        [(name, settings)] = stage.items()
        counted[name] += 1
        if name == "match":
            counted += kinds(settings.get("stages", []))
    return counted


def test_the_configurations_use_every_stage_that_is_known() -> None:
    used = sum((kinds(pipeline(seed)) for seed in SEEDS), Counter[str]())
    assert set(used) == KNOWN_STAGES
    assert min(used.values()) >= 5, used


@pytest.mark.native
@needs_real_servers()
def test_real_servers_and_stand_ins_store_the_same(tmp_path: Path) -> None:
    start = time.time() - 2400
    for seed in SEEDS:
        made = lines(seed, LINES, start, heavy=False)
        (tmp_path / f"{seed}.log").write_bytes(b"".join(line + b"\n" for line in made))
    with real_logs(tmp_path) as real:
        environment = real.environment()
        config = tmp_path / "generated.yaml"
        written = yaml.safe_dump(
            promtail_config(tmp_path, real.url, environment["PROMTAIL_HTTP_PORT"]), allow_unicode=True
        )
        config.write_text(written.replace("$", "$$"), encoding="utf-8")
        simulated = EmbeddedLogs(config, LOKI_CONFIG, environment)
        simulated.agent.catch_up()
        query = '{case=~".+"}'
        wanted = simulated.store.find(query, *window(start))
        real.promtail(config, environment)
        found = real.wait_for(query, window(start), lambda there: len(there) >= len(wanted))
    assert len(wanted) > CONFIGURATIONS * LINES / 3, "the comparison needs lines to compare"
    wrong = []
    for seed in SEEDS:
        mine = ("case", f"case-{seed}")
        differing = differences(
            [entry for entry in found if mine in entry.labels],
            [entry for entry in wanted if mine in entry.labels],
            start,
            3,
        )
        if differing:
            wrong.append(
                "\n".join([f"case-{seed}: {yaml.safe_dump(pipeline(seed), default_flow_style=True)}", *differing])
            )
    assert not wrong, f"{len(wrong)} of {CONFIGURATIONS} configurations differ:\n" + "\n\n".join(wrong)
