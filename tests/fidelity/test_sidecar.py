"""The examples of an agent as a sidecar deliver each line of their service once, with the arguments they give it."""

import json
import time
from pathlib import Path

import pytest

from stack.backends.ports import free_port
from stack.components import AGENTS, COMPONENTS
from stack.records.config.compose import parse_compose
from stack.text.interpolation import expand
from tests.fidelity.real import ROOT, needs_real_servers, real_logs

EXAMPLES = ROOT / "docs" / "examples" / "sidecar"


@pytest.mark.parametrize("agent", AGENTS)
def test_the_image_is_that_of_the_component_table(agent: str) -> None:
    services = {each.name: each for each in parse_compose((EXAMPLES / f"{agent}.yml").read_text(encoding="utf-8"))}
    assert services["orders-logs"].image == COMPONENTS[agent].image_reference


@pytest.mark.native
@pytest.mark.parametrize("agent", [pytest.param(name, marks=needs_real_servers("loki", name)) for name in AGENTS])
def test_the_lines_of_the_service_are_delivered(agent: str, tmp_path: Path) -> None:
    services = {each.name: each for each in parse_compose((EXAMPLES / f"{agent}.yml").read_text(encoding="utf-8"))}
    sidecar = services["orders-logs"]
    shared = {mount.source for mount in services["orders"].mounts} & {mount.source for mount in sidecar.mounts}
    inside = {mount.target: str(tmp_path / mount.source) for mount in sidecar.mounts}
    inside |= {mount.target: str(EXAMPLES / mount.source) for mount in sidecar.mounts if mount.source[0] == "."}

    def here(text: str) -> str:
        """A path in the container as one of this machine."""
        for target, source in inside.items():
            text = text.replace(target, source)
        return text

    port, now = free_port(), int(time.time()) - 5
    line = json.dumps({"ts": now, "level": "info", "msg": "paid", "request_id": "r-1"})
    written = tmp_path / shared.pop() / "shop" / "orders" / "one.log"
    written.parent.mkdir(parents=True)
    written.write_text(f"{line}\n", encoding="utf-8")
    older = json.dumps({"ts": now - 1, "level": "info", "msg": "ordered", "request_id": "r-0"})
    written.with_name("one.1.log").write_text(f"{older}\n{line}\n", encoding="utf-8")  # as rotation leaves it
    with real_logs(tmp_path) as real:
        given = {name: here(expand(value, {"LOKI_URL": real.url})) for name, value in sidecar.raw_environment}
        log_glob = here("/var/log/services/*/*/*.log")
        environment = {
            **real.environment(),  # addresses and ports of this test
            **given,
            f"{agent.upper()}_LOG_GLOB": log_glob,
            "PROMTAIL_HTTP_PORT": str(port),
        }
        arguments = [here(word) for word in sidecar.command]
        if agent == "alloy":
            arguments.insert(1, f"--server.http.listen-addr=127.0.0.1:{port}")
        real.run(agent, tuple(arguments), environment, f"{port}{COMPONENTS[agent].ready_path}")
        window = (now - 600) * 10**9, (now + 600) * 10**9
        before, entry = real.settled('{service="orders"}', window, 2, 0.5)

    labels = {"system": "shop", "service": "orders", "instance": "one", "environment": "production", "level": "info"}
    assert (dict(entry.labels), entry.timestamp_ns, entry.line) == (labels, now * 10**9, line)
    assert dict(entry.metadata) == {"request_id": "r-1"}
    assert (dict(before.labels), before.line) == (labels, older), "a rotated file belongs to the instance that wrote it"
