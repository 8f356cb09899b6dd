"""The retention trial on Prometheus: blocks dated up to nine days ago, and what a server leaves of them.

The blocks are back-filled by promtool into the data directory of a temporary Prometheus, which is started with the
shipped file and the retention of the shipped command. It deletes when it opens its data, before it is ready, and
then once a minute.
"""

import asyncio
import json
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from stack.backends.ports import HOST, Ports
from stack.backends.process import HttpReady, ProcessSpec, start
from stack.clients.prometheus import PrometheusClient
from stack.records.config.prometheus import PrometheusConfig
from stack.records.retention.trial import AgeGroup, RetentionTrial
from stack.text.durations import DAY
from suites.retention.collect.effective import RETENTION
from suites.retention.collect.temporary_stack import TrialBroke

AGES_S = (9 * DAY, 8 * DAY, 6 * DAY, DAY)
"""The ages in seconds, oldest first. A block spans two hours, so that an hour from seven days shows nothing."""
NEWEST_S = 3600.0
"""Prometheus counts from its newest block, as a server that scrapes has one of the last hours."""
METRIC = "retention_trial_value"
SAMPLES = 20
STEP_S = 15
READY_S = 60.0

Sample = tuple[float, str]
"""Time in Unix seconds, and the value as text."""


async def trial_prometheus(
    binary: Path,
    promtool: Path,
    work_dir: Path,
    config_file: Path,
    config: PrometheusConfig,
    say: Callable[[str], None],
) -> RetentionTrial:
    """Carry out the trial on the shipped `config`, which is read from `config_file` with the flags of its command.

    Raises:
        TrialBroke: the blocks could not be made, so that nothing can be said about their deletion.
        ComponentFailed: Prometheus did not start.
        PrometheusError: Prometheus did not answer.

    """
    begun = time.monotonic()
    written = {age: _samples(time.time() - age) for age in (*AGES_S, NEWEST_S)}
    data = work_dir.absolute() / "data"
    await asyncio.to_thread(_back_fill, promtool, data, written)
    before = {age: _blocks(data, samples) for age, samples in written.items()}
    stored = await asyncio.to_thread(_dump, promtool, data)
    if any(set(samples) - stored for samples in written.values()) or not all(before.values()):
        raise TrialBroke(f"the back-filled blocks in {data} do not hold the samples that were written")
    flags = [f"--{name}={value.strip()}" for name, value in config.flags.items() if name.startswith(RETENTION)]
    ports = Ports()
    port = ports.take()
    server = start(_spec(binary, data, config_file, port, flags))
    try:
        await asyncio.to_thread(server.wait_ready, READY_S)
        async with httpx.AsyncClient(timeout=120, trust_env=False) as http:
            client = PrometheusClient(f"http://{HOST}:{port}", http)
            retention = str((await client.runtime_info())["storageRetention"])
            version = (await client.build_info()).get("version")
            ages = tuple([await _outcome(http, client.url, age, written[age], before[age], data) for age in AGES_S])
    finally:
        await asyncio.to_thread(server.stop)
        ports.close()
    in_file = config.line("storage", "tsdb", "retention") if config.section("storage", "tsdb", "retention") else None
    trial = RetentionTrial(
        component="prometheus",
        things="samples",
        files="blocks",
        retention=retention,
        ages=ages,
        file=config.file if in_file else config.flags_file,
        line=in_file or config.flags_line,
        version=version,
        took_s=time.monotonic() - begun,
    )
    say(f"retention trial: Prometheus done in {trial.took_s:.0f} s")
    return trial


def _samples(first: float) -> list[Sample]:
    start_s = float(round(first))
    # Values that a careless conversion would change.
    return [(start_s + number * STEP_S, repr(number + 0.1)) for number in range(SAMPLES)]


def _back_fill(promtool: Path, data: Path, written: dict[float, list[Sample]]) -> None:
    (data / "wal").mkdir(parents=True)  # promtool reads no data directory without one
    rows = sorted(sample for samples in written.values() for sample in samples)
    text = "".join(f"{METRIC} {value} {moment}\n" for moment, value in rows)
    source = data.parent / "samples.om"
    source.write_text(f"# TYPE {METRIC} gauge\n{text}# EOF\n", encoding="utf-8")
    _run(promtool, "tsdb", "create-blocks-from", "openmetrics", str(source), str(data))


def _dump(promtool: Path, data: Path) -> set[Sample]:
    """Read all samples from the blocks, without a server."""
    found = set()
    for line in _run(promtool, "tsdb", "dump", f"--match={METRIC}", str(data)).splitlines():
        _, value, milliseconds = line.rsplit(" ", 2)
        found.add((int(milliseconds) / 1000, repr(float(value))))
    return found


def _run(promtool: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603  # promtool, on files that were written here
            [promtool, *arguments], capture_output=True, text=True, timeout=300, check=True
        )
    except subprocess.CalledProcessError as failed:
        raise TrialBroke(f"promtool {' '.join(arguments[:3])} failed: {failed.stderr.strip()[-300:]}") from failed
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise TrialBroke(f"promtool {' '.join(arguments[:3])} failed: {failed}") from failed
    return done.stdout


def _spec(binary: Path, data: Path, config_file: Path, port: int, flags: Sequence[str]) -> ProcessSpec:
    return ProcessSpec(
        name="prometheus (retention trial)",
        argv=(
            str(binary),
            f"--config.file={config_file.absolute()}",
            f"--storage.tsdb.path={data}",
            f"--web.listen-address={HOST}:{port}",
            *flags,
        ),
        cwd=data.parent,
        stdout=data.parent / "prometheus.log",
        ready=HttpReady(f"http://{HOST}:{port}/-/ready"),
    )


def _blocks(data: Path, samples: Sequence[Sample]) -> frozenset[Path]:
    """Return the blocks whose time holds one of the samples."""
    found = set()
    for meta in data.glob("*/meta.json"):
        try:
            block = json.loads(meta.read_text(encoding="utf-8"))
        except FileNotFoundError:  # deleted since it was listed
            continue
        if any(block["minTime"] <= moment * 1000 < block["maxTime"] for moment, _ in samples):
            found.add(meta.parent)
    return frozenset(found)


async def _outcome(
    http: httpx.AsyncClient, url: str, age: float, written: Sequence[Sample], before: frozenset[Path], data: Path
) -> AgeGroup:
    """Ask for the raw samples of the time at which these were written."""
    last = written[-1][0]
    query = {"query": f"{METRIC}[{SAMPLES * STEP_S}s]", "time": f"{last:.3f}"}
    answer = (await http.get(f"{url}/api/v1/query", params=query)).raise_for_status().json()
    found = {(float(moment), repr(float(value))) for row in answer["data"]["result"] for moment, value in row["values"]}
    moments = {moment for moment, _ in written}
    return AgeGroup(
        age_s=age,
        written=len(written),
        queryable=sum(moment in moments for moment, _ in found),
        identical=len(found & set(written)),
        files_before=len(before),
        files_left=len(_blocks(data, written)),
    )
