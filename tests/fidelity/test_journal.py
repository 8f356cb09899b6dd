"""Both agents read the systemd journal by the files shipped for it: the same labels, levels, times and lines."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from stack.components import AGENTS
from tests.fidelity.real import AGENT_CONFIGS, needs_real_servers, real_logs

WRITER = shutil.which("systemd-journal-remote", path="/usr/lib/systemd:/lib/systemd")

pytestmark = [
    pytest.mark.native,
    pytest.mark.skipif(WRITER is None, reason="no program to write a journal; on Debian: systemd-journal-remote"),
]


def journal(folder: Path, entries: list[dict[str, str]]) -> None:
    """Write a journal in the directory."""
    assert WRITER is not None
    folder.mkdir()
    common = {"_HOSTNAME": "node-1", "_BOOT_ID": "01" * 16, "_MACHINE_ID": "02" * 16}
    text = "".join(
        "".join(f"{name}={value}\n" for name, value in {**entry, **common}.items()) + "\n" for entry in entries
    )
    subprocess.run([WRITER, f"--output={folder / 'system.journal'}", "-"], input=text.encode(), check=True, timeout=60)


def with_journal(agent: str, folder: Path) -> Path:
    """The shipped configuration with the journal, put together as the files say."""
    shipped = AGENT_CONFIGS[agent]
    if agent == "alloy":
        together = folder / "config"
        together.mkdir()
        for path in shipped.parent.glob("*.alloy"):
            shutil.copy2(path, together)
        return together
    together = folder / "promtail.yaml"
    together.write_bytes(shipped.read_bytes() + (shipped.parent / "journal.yaml").read_bytes())
    return together


@pytest.mark.parametrize("agent", [pytest.param(name, marks=needs_real_servers("loki", name)) for name in AGENTS])
def test_the_journal_is_delivered(agent: str, tmp_path: Path) -> None:
    now_us = time.time_ns() // 1000 - 60_000_000
    own_time = now_us // 1_000_000 - 5
    event = json.dumps({"ts": own_time, "level": "warn", "msg": "slow", "request_id": "r-1"})
    journal(
        tmp_path / "journal",
        [
            {
                "__REALTIME_TIMESTAMP": str(now_us + number),
                "PRIORITY": priority,
                "SYSLOG_IDENTIFIER": identifier,
                "MESSAGE": message,
                **({"_SYSTEMD_UNIT": unit} if unit else {}),
            }
            for number, (priority, identifier, unit, message) in enumerate(
                [
                    ("6", "sshd", "ssh.service", "Accepted publickey"),
                    ("3", "kernel", "", "Out of memory"),
                    ("6", "orders", "orders.service", event),
                ]
            )
        ],
    )
    with real_logs(tmp_path) as real:
        environment = real.environment(**{f"{agent.upper()}_JOURNAL": str(tmp_path / "journal")})
        {"promtail": real.promtail, "alloy": real.alloy}[agent](with_journal(agent, tmp_path), environment)
        window = (now_us - 600_000_000) * 1000, (now_us + 600_000_000) * 1000
        found = real.wait_for('{system="host"}', window, lambda entries: len(entries) >= 3, 60)

    common = {"system": "host", "instance": "node-1", "environment": "test"}
    stored = {entry.line: (dict(entry.labels), entry.timestamp_ns, dict(entry.metadata)) for entry in found}
    assert stored == {
        "Accepted publickey": ({**common, "service": "ssh", "level": "info"}, now_us * 1000, {}),
        "Out of memory": ({**common, "service": "kernel", "level": "error"}, (now_us + 1) * 1000, {}),
        event: ({**common, "service": "orders", "level": "warning"}, own_time * 10**9, {"request_id": "r-1"}),
    }
    assert len(found) == 3
