"""`make record-fidelity`: feed every case to the real servers that are found, and keep what they stored as data."""

import sys
import tempfile
import time
from pathlib import Path

from stack.servers.find import find_binary, why_absent
from tests.fidelity.cases import AGE_S, CASES, Case
from tests.fidelity.compare import grouped, window
from tests.fidelity.real import real_logs
from tests.fidelity.recordings import Recording, checksums

SETTLED_S = 3.0
"""What was stored is complete when nothing has come for so many seconds."""


def record(case: Case) -> Recording | str:
    """Record one case; returns why it cannot be, where a server is missing."""
    versions = {}
    for name in ("loki", case.agent):
        binary = find_binary(name)
        if binary is None:
            return why_absent(name)
        versions[name] = binary.version
    start = round(time.time() - AGE_S, 3)
    with tempfile.TemporaryDirectory() as somewhere:
        folder = Path(somewhere)
        case.write(folder, start)
        with real_logs(folder) as real:
            environment = real.environment()
            config = folder / "agent.config"
            config.write_text(case.configuration(folder, real.url, environment["PROMTAIL_HTTP_PORT"]), encoding="utf-8")
            {"promtail": real.promtail, "alloy": real.alloy}[case.agent](config, environment)
            found = real.settled(case.query, window(start), case.least, SETTLED_S)
        entries = grouped(found, start, folder)
    return Recording(case.name, versions, start, checksums(case, start), entries)


def main() -> int:
    """Record all cases; returns 1 where one could not be recorded."""
    missing = 0
    for case in CASES:
        print(f"{case.name}: recording", flush=True)  # noqa: T201  # the command's output
        made = record(case)
        if isinstance(made, str):
            missing += 1
            print(f"{case.name}: not recorded, the earlier recording stays: {made}")  # noqa: T201  # as above
        else:
            count = sum(map(len, made.entries.values()))
            print(f"{case.name}: {count} lines of {made.servers} in {made.save()}")  # noqa: T201  # as above
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
