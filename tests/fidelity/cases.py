"""What the fidelity tests feed to agents: the corpus on the shipped configuration, and generated configurations."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.fidelity.corpus import lines
from tests.fidelity.generated import pipeline
from tests.fidelity.real import AGENT_CONFIGS, PROMTAIL_CONFIG

SERVICES = [("dante", "storage"), ("dante", "scheduler"), ("docaiche", "api"), ("docaiche", "crawler")]
INSTANCES = 3
LINES = 110
SEEDS = range(60)
GENERATED_LINES = 60
AGE_S = 2400
"""How long before they are read the lines begin to be dated, in seconds."""


@dataclass(frozen=True)
class Case:
    """Lines and a configuration for an agent; `query` finds what it stored of them, `least` is how many lines at least.

    `write` puts the log files below a folder; their lines are dated from a start in seconds since 1970.
    `configuration` is the agent's file for that folder, Loki's push URL and the agent's own port.
    """

    name: str
    agent: str
    query: str
    least: int
    write: Callable[[Path, float], None]
    configuration: Callable[[Path, str, str], str]
    stand_in_configuration: Callable[[Path, str, str], str]


def write_corpus(folder: Path, start: float) -> None:
    """Write log files laid out as the shipped configurations expect them, each ending in half a line."""
    for number, (system, service) in enumerate(SERVICES):
        for instance in range(INSTANCES):
            path = folder / "logs" / system / service / f"{service}-{instance}.log"
            path.parent.mkdir(parents=True, exist_ok=True)
            made = lines(100 * number + instance, LINES, start, heavy=True)
            path.write_bytes(b"".join(line + b"\n" for line in made) + b'{"half": "line')
    flat = folder / "docaiche" / "docaiche-api.log"
    flat.parent.mkdir(parents=True, exist_ok=True)
    flat.write_bytes(b"".join(line + b"\n" for line in lines(9999, LINES, start, heavy=False)))


def write_generated(folder: Path, start: float) -> None:
    """Write one log file for each generated configuration."""
    for seed in SEEDS:
        made = lines(seed, GENERATED_LINES, start, heavy=False)
        (folder / f"{seed}.log").write_bytes(b"".join(line + b"\n" for line in made))


def generated_configuration(folder: Path, url: str, port: str) -> str:
    """All generated pipelines as jobs of one Promtail, each on its own file and under its own label."""
    config: dict[str, Any] = {
        "server": {
            "http_listen_address": "127.0.0.1",
            "http_listen_port": int(port),
            "grpc_listen_address": "127.0.0.1",
            "grpc_listen_port": 0,
            "health_check_target": False,
        },
        "positions": {"filename": str(folder / "generated-positions.yaml")},
        "clients": [{"url": f"{url}/loki/api/v1/push", "batchwait": "50ms"}],
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
    return yaml.safe_dump(config, allow_unicode=True).replace("$", "$$")


def _shipped(agent: str) -> Case:
    def text(_folder: Path, _url: str, _port: str) -> str:
        return AGENT_CONFIGS[agent].read_text(encoding="utf-8")

    def promtails(_folder: Path, _url: str, _port: str) -> str:
        return PROMTAIL_CONFIG.read_text(encoding="utf-8")

    return Case(f"shipped-{agent}", agent, '{environment="test"}', 1000, write_corpus, text, promtails)


CASES = (
    *(_shipped(agent) for agent in AGENT_CONFIGS),
    Case(
        "generated-promtail",
        "promtail",
        '{case=~".+"}',
        len(SEEDS) * GENERATED_LINES // 3,
        write_generated,
        generated_configuration,
        generated_configuration,
    ),
)
"""Alloy is compared with the stand-ins on Promtail's configuration: its own is to do the same."""
