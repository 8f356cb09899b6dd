"""Checks what stood behind a run: CI must notice when a real server was quietly replaced or left out.

    python .ci/evidence.py reports/out/report.json live prometheus=native loki=native promtail=native

The first word is the evidence that the delivery of log lines must rest on: live, simulated, or none where it is not to
be evaluated. Exits 1 and says what is otherwise.
"""

import json
import sys
from pathlib import Path

DELIVERED = "logs/delivered-exactly-once"


def main(report: str, evidence: str, *wanted: str) -> int:
    """Compare a report with what was expected of it; print what differs."""
    data = json.loads(Path(report).read_text(encoding="utf-8"))
    there = {component["name"]: component["provenance"] for component in data["stack"]["components"]}
    wrong = [
        f"{name} is {there.get(name, 'absent')} instead of {provenance}"
        for name, _, provenance in (pair.partition("=") for pair in wanted)
        if there.get(name, "absent") != provenance
    ]
    judged = [v["evidence"] for v in data["verdicts"] if v["rule"] == DELIVERED and v["outcome"] == "pass"]
    if set(judged) != ({evidence} - {"none"}):
        wrong.append(f"{DELIVERED} rests on {sorted(set(judged)) or 'nothing'} instead of {evidence}")
    for line in wrong:
        print(f"{report}: {line}")  # noqa: T201  # the command's output
    if not wrong:
        print(f"{report}: delivery of the lines of {len(judged)} services: {evidence}")  # noqa: T201  # the command's output
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
