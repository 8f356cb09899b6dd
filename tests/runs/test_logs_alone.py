"""Services that have logs and nothing else: a worker, plain text, and two that run already, with the file named."""

from pathlib import Path

from tests.support.conformance_run import finished

SERVICE = """\
name: {name}
system: shop
owner: {{team: Shop, contact: shop@example.com}}
{rest}
"""
STARTED = 'start: {local: {argv: ["{python}", -u, main.py]}}\n'
WORKER = """\
import json, time
for number in range(1, 10**6):
    record = {"level": 30, "time": time.time_ns() // 10**6, "pid": 1, "hostname": "h", "name": "worker"}
    print(json.dumps({**record, "msg": f"job {number} done"}))
    time.sleep(0.2)
"""
TEXT = """\
import time
print("connect to postgres://app:hunter2@db/jobs")
while True:
    print(time.time())
    time.sleep(0.2)
"""
OWN = '{"level":"info","time":"2026-11-24T06:00:00Z","msg":"ready","service":"elsewhere","error":""}\n'


def service(catalog: Path, name: str, rest: str, program: str = "") -> None:
    (catalog / name).mkdir(parents=True)
    (catalog / name / "service.yaml").write_text(SERVICE.format(name=name, rest=rest), encoding="utf-8")
    (catalog / name / "main.py").write_text(program, encoding="utf-8")


def test_logs_are_judged_without_metrics(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog"
    service(catalog, "worker", STARTED + "logs: {format: pino}", WORKER)
    service(catalog, "text", STARTED + "logs: {format: none, reason: it is old}", TEXT)
    (tmp_path / "own.log").write_text(OWN + OWN.replace("info", "loud"), encoding="utf-8")
    place = f"logs: {{format: slog, source: file, directory: {tmp_path}, file: own.log}}"
    service(catalog, "elsewhere", 'start: {attached: {url: "http://127.0.0.1:9"}}\n' + place)
    named = ("--service-url=named=http://127.0.0.1:9", f"--service-log=named={tmp_path / 'own.log'}")
    wanted = "worker or text or elsewhere or named"
    run = finished(tmp_path, f"--catalog={catalog}", *named, "-k", wanted, "--stack=local")

    assert not run.verdicts("worker", "fail", "error")
    passed = set(run.verdicts("worker", "pass"))
    assert {"logs/matches-schema", "logs/level-allowed", "logs/timestamp-near-emission"} <= passed
    assert {"logs/delivered-exactly-once", "logs/delivered-with-own-timestamp"} <= passed
    assert run.verdicts("worker")["metrics/target-up"]["reason"] == "its service.yaml declares no metrics"

    assert set(run.verdicts("text", "fail", "error")) == {"logs/no-secrets"}
    assert {"logs/utf8", "logs/line-length", "logs/delivered-exactly-once"} <= set(run.verdicts("text", "pass"))
    reason = run.verdicts("text", "not-evaluated")["logs/level-allowed"]["reason"]
    assert "declared as plain text" in reason

    for name in ("elsewhere", "named"):
        assert "logs/level-allowed" in run.verdicts(name, "fail")
    assert "logs/service-named" in run.verdicts("elsewhere", "pass")
    assert "logs/service-named" in run.verdicts("named", "not-evaluated"), "the name is one of the command line"
