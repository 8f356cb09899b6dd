"""What a finished conformance run leaves for node-exporter's textfile collector, with the names of `reports/`.

The dashboard and the alert on it are judged in a run that has no results yet, so its stack gets those of an example.
"""

import time
from pathlib import Path

FOLDER = "textfile"
FILE = "conformance.prom"
_TEXT = """\
# HELP conformance_verdicts Verdicts of the last run, one per rule and subject.
# TYPE conformance_verdicts gauge
conformance_verdicts{{judged="example",outcome="fail"}} 1
conformance_verdicts{{judged="example",outcome="warn"}} 2
conformance_verdicts{{judged="example",outcome="not-evaluated"}} 3
conformance_verdicts{{judged="example",outcome="pass"}} 94
# HELP conformance_breaches Findings of the last run by the rule that they break.
# TYPE conformance_breaches gauge
conformance_breaches{{rule="metrics/example",judged="example",outcome="fail"}} 4
# HELP conformance_score Score from 0 to 100; none where less than half of what applies could be evaluated.
# TYPE conformance_score gauge
conformance_score{{judged="example"}} 95
# HELP conformance_gate_passed Whether the last run passed the gate, 1 or 0.
# TYPE conformance_gate_passed gauge
conformance_gate_passed 0
# HELP conformance_run_duration_seconds How long the last run took.
# TYPE conformance_run_duration_seconds gauge
conformance_run_duration_seconds 60
# HELP conformance_last_run_timestamp_seconds When the last run ended.
# TYPE conformance_last_run_timestamp_seconds gauge
conformance_last_run_timestamp_seconds {now}
# HELP conformance_last_success_timestamp_seconds When the last run ended that exited with 0; none while none has.
# TYPE conformance_last_success_timestamp_seconds gauge
conformance_last_success_timestamp_seconds {now}
# EOF
"""


def write_finished_run(work_dir: Path) -> Path:
    """Write the example below `work_dir`, as if it had just ended; returns the folder."""
    folder = work_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # in a container node-exporter is another user
    (folder / FILE).write_text(_TEXT.format(now=int(time.time())), encoding="utf-8")
    (folder / FILE).chmod(0o644)
    return folder
