"""Does the same stack get the same verdicts every time? `make soak` judges it again and again, half of the time busy.

Twenty runs, the second half beside one busy process per core. What any of them judged otherwise than the first is
printed with the runs in which it did: the outcome, which findings there were, or why there was no verdict. Exit status
0 if all verdicts were the same. Arguments behind `--` go to each run: `-- --stack attached --target target.yaml`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from stack.text.fingerprint import steady
from tests.support.under_load import ROOT, busy_cores

Verdicts = Mapping[str, str]


def verdicts_of(report: Mapping[str, Any]) -> Verdicts:
    """Each verdict of a report in one line, without what differs from run to run: numbers, times, ids."""
    found = {}
    for verdict in report["verdicts"]:
        names = sorted([*(finding["fingerprint"] for finding in verdict["findings"]), *verdict["unlisted"]])
        words = f" ({', '.join(names)}: {steady(verdict['findings'][0]['message'])})" if names else ""
        reason = f": {steady(verdict['reason'])}" if verdict["reason"] else ""
        state = "not applicable" if verdict["applies"] is False else verdict["outcome"]
        found[f"{verdict['rule']} on {verdict['subject']}"] = f"{state}{words}{reason}"
    return found


def differences(runs: Sequence[Verdicts]) -> Iterator[str]:
    """What was not judged the same in every run, with the numbers of the runs, from 1."""
    for name in sorted({name for run in runs for name in run}):
        seen: dict[str, list[str]] = defaultdict(list)
        for number, run in enumerate(runs, 1):
            seen[run.get(name, "no verdict")].append(str(number))
        if len(seen) > 1:
            yield "\n".join([name, *(f"    run {', '.join(numbers)}: {state}" for state, numbers in seen.items())])


def judge(folder: Path, number: int, arguments: Sequence[str]) -> tuple[int, float]:
    """Judge the stack once; returns the exit code and the seconds."""
    begun = time.monotonic()
    with (folder / f"{number:02}.txt").open("wb") as output:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "suites", f"--report-dir={folder / f'{number:02}'}", *arguments],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return done.returncode, time.monotonic() - begun


def main() -> int:
    """Run everything, print a line for each run, then what differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=20, metavar="N", help="runs, half of them busy (default: 20)")
    parser.add_argument("arguments", nargs="*", help="arguments of each run")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    runs = []
    for number in range(1, given.runs + 1):
        busy = number > given.runs - given.runs // 2
        with busy_cores(folder) if busy else nullcontext():
            code, seconds = judge(folder, number, given.arguments)
        beside = f"beside {os.cpu_count()} busy processes" if busy else ""
        report = folder / f"{number:02}" / "report.json"
        if not report.exists():
            print(f"{number:3} exit code {code}, no report: see {folder / f'{number:02}.txt'}", flush=True)  # noqa: T201  # what the program is run for
            return 1
        runs.append(verdicts_of(json.loads(report.read_text(encoding="utf-8"))))
        print(f"{number:3} exit code {code} in {seconds:4.0f} s, {len(runs[-1])} verdicts {beside}", flush=True)  # noqa: T201  # likewise
    found = [*differences(runs)]
    for each in found:
        print(each)  # noqa: T201  # likewise
    print(f"{len(found)} verdicts differed between {given.runs} runs; the reports are in {folder}")  # noqa: T201  # likewise
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
