"""Levels three and four on a running stack, read-only: the compactor's runs, and what is there that should be gone."""

import re
import time
from datetime import datetime
from typing import Any

import httpx

from stack.clients.loki import LokiClient
from stack.clients.prometheus import PrometheusClient
from stack.records.logs.entry import LabelSet, show_labels
from stack.records.retention.running import CompactorRuns, OldStream, RetentionObservation, words
from stack.text.durations import DAY, SEVEN_DAYS, seconds
from stack.text.yaml_text import section
from suites.core.evidence import NotEvaluated
from suites.retention.collect.temporary_stack import metrics_text

RING_POLL_S = 5.0
"""Loki checks this often whether it is the instance that runs the compactor, for the first time after this long."""
NS = 1_000_000_000
LOOK_BACK_S = 30 * DAY
"""Loki answers queries of at most 721 hours, where nobody has changed that."""
SHOWN_STREAMS = 20
DELETED = re.compile(r"^prometheus_tsdb_time_retentions_total (\d\S*)$", re.MULTILINE)


async def compactor_runs(loki: LokiClient, http: httpx.AsyncClient) -> CompactorRuns | NotEvaluated:
    """Read the compactor's metrics; on a server too young for a first run, say when there will be one.

    Raises:
        LogStoreError, httpx.HTTPError: Loki did not answer.

    """
    compactor = section(await loki.config(), "compactor")
    wait = _setting(compactor, "compaction_interval", 600.0)
    interval = _setting(compactor, "apply_retention_interval", 0.0) or wait
    runs = CompactorRuns.read(await metrics_text(http, loki.url), interval, time.time())
    first = RING_POLL_S + wait
    if runs.last_success == 0 and not runs.failed and runs.uptime_s < first + interval:
        return NotEvaluated(
            f"Loki has been running for {words(runs.uptime_s)}; its compactor first applies retention "
            f"{words(first)} after the start"
        )
    return runs


async def observe_attached(
    loki: LokiClient,
    http: httpx.AsyncClient,
    now: float,
    running_since: float | None = None,
    promised_s: float = SEVEN_DAYS,
) -> RetentionObservation | NotEvaluated:
    """Look for lines older than promised and the compactor's slack; `now` and `running_since` in Unix seconds.

    A line that is too old is a breach however long the stack has been there. Only where there is none does its age
    matter: it is that of the Loki process, or `running_since` where that is known and earlier.

    Raises:
        LogStoreError, httpx.HTTPError: Loki did not answer.

    """
    slack = slack_s(await loki.config())
    end = round((now - promised_s - slack) * NS)
    start = end - round(LOOK_BACK_S * NS)
    streams = await loki.series([], start, end)
    old = [found for labels in streams[:SHOWN_STREAMS] if (found := await _oldest(loki, labels, start, end, now))]
    if not old:
        runs = CompactorRuns.read(await metrics_text(http, loki.url), 0.0, now)
        age = now - min(runs.started, running_since or now)
        if age < promised_s + slack:
            return NotEvaluated(
                f"there is nothing older than {promised_s / DAY:g} days, but Loki has been running for {words(age)} "
                f"only: that it deletes shows {words(slack)} after that time, or in the retention trial of a full run"
            )
    # Without any stream that old, those of the last day that is kept show that lines were stored by then.
    kept = round((now - promised_s) * NS)
    asked = streams[:SHOWN_STREAMS] or await loki.series([], kept, kept + round(DAY * NS))
    return RetentionObservation("loki", slack, len(asked), promised_s, tuple(old))


async def observe_prometheus(
    prometheus: PrometheusClient, now: float, promised_s: float = SEVEN_DAYS
) -> RetentionObservation | NotEvaluated:
    """Look for samples of `up`, which every Prometheus has, older than promised and the length of a block.

    Raises:
        PrometheusError: Prometheus did not answer.

    """
    # A block goes as a whole, and no block is longer than a tenth of the retention.
    slack = promised_s / 10 + DAY
    end = now - promised_s
    asked = {"query": "group(last_over_time(up[1d]))", "start": f"{end - slack - LOOK_BACK_S:.0f}", "end": f"{end:.0f}"}
    rows = (await prometheus.data("query_range", **asked, step=f"{DAY / 4:.0f}"))["result"]
    ages = [now - float(at) for row in rows for at, _ in row["values"]]
    if not ages:
        return NotEvaluated(
            f"Prometheus has no data older than {promised_s / DAY:g} days, so it cannot be seen that it deletes any"
        )
    old = max(ages)
    streams = (OldStream("up", old),) if old > promised_s + slack else ()
    if not streams and not await _has_deleted(prometheus, now - promised_s - slack):
        return NotEvaluated(
            f"Prometheus' oldest data is {old / DAY:.1f} days old, and it is not known to have deleted any: that it "
            f"deletes shows after {(promised_s + slack) / DAY:.1f} days"
        )
    return RetentionObservation("prometheus", slack, len(ages), promised_s, streams)


async def _has_deleted(prometheus: PrometheusClient, before: float) -> bool:
    """Whether it counts a deletion of blocks for their age or, where that cannot be read, was started `before`."""
    answer = await prometheus.send("GET", "/metrics")
    if answer.is_success and (counts := DELETED.findall(answer.text)):
        return any(float(count) > 0 for count in counts)
    started = str((await prometheus.runtime_info()).get("startTime", ""))
    try:
        return datetime.fromisoformat(started.replace("Z", "+00:00")).timestamp() < before
    except ValueError:
        return False


def slack_s(live: dict[str, Any]) -> float:
    """How long a line may outlive seven days, in seconds, with a compactor that works.

    A chunk goes when its last line is too old; the compactor has to come round, the queriers to notice.
    """
    compactor = section(live, "compactor")
    wait = _setting(compactor, "compaction_interval", 600.0)
    return (
        _setting(section(live, "ingester"), "max_chunk_age", 7200.0)
        + (_setting(compactor, "apply_retention_interval", 0.0) or wait)
        + _setting(compactor, "retention_delete_delay", 7200.0)
        + _setting(section(live, "storage_config", "tsdb_shipper"), "resync_interval", 300.0)
    )


async def _oldest(loki: LokiClient, labels: LabelSet, start: int, end: int, now: float) -> OldStream | None:
    """Ask for one line: an entry in the index alone may belong to a chunk that is gone or that is younger."""
    selector = show_labels(labels)
    found = await loki.data("query_range", query=selector, start=start, end=end, limit=1, direction="forward")
    values = [value for stream in found["result"] for value in stream["values"]]
    return OldStream(selector, now - int(values[0][0]) / NS) if values else None


def _setting(live: dict[str, Any], name: str, default: float) -> float:
    found = seconds(live.get(name))
    return default if found is None else found
