"""Retention, levels two to four: what the running servers say and do. Evidence of kind `live`."""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from stack.backends.attached.target_file import Promise
from stack.backends.process import ComponentFailed
from stack.clients.log_reader import LogStoreError
from stack.clients.loki import LokiClient
from stack.clients.prometheus import PrometheusClient, PrometheusError
from stack.components import COMPONENTS
from stack.records.config.effective import EffectiveConfig
from stack.records.retention.running import CompactorRuns, RetentionObservation
from stack.records.retention.trial import RetentionTrial
from stack.servers.find import find_binary, why_absent
from suites.core.area import StackCollector
from suites.core.evidence import CollectionError, EvidenceStore, NotEvaluated
from suites.core.inspected_stack import InspectedStack
from suites.core.stack_files import NO_FILES, PROMETHEUS, prometheus_config
from suites.retention.collect.effective import effective_loki, effective_prometheus
from suites.retention.collect.running_stack import compactor_runs, observe_attached, observe_prometheus
from suites.retention.collect.temporary_stack import TrialImpossibleError
from suites.retention.collect.trial_loki import trial_loki
from suites.retention.collect.trial_prometheus import trial_prometheus

Live = dict[str, dict[type, list[Any] | NotEvaluated | CollectionError]]
"""Records by component and type, or why there are none."""

PROMISE = Promise()
"""What is promised where nothing else is said."""
OWNERS: dict[type, tuple[str, ...]] = {
    EffectiveConfig: ("loki", "prometheus"),
    CompactorRuns: ("loki",),
    RetentionObservation: ("loki", "prometheus"),
    RetentionTrial: ("loki", "prometheus"),
}
"""The components that have something to judge of each type; to all others these rules have nothing to say."""

READ_ONLY = NotEvaluated(
    "an attached stack is only read; `retention/expired-data-deleted` judges what it still holds", applies=False
)


class RetentionCollector(StackCollector):
    """Carries out the retention trials beside everything else, and reads what the running servers say of retention."""

    records = tuple(OWNERS)

    async def beside(self) -> None:
        """Prove on temporary servers that old data is deleted."""
        run = self.run
        if not run.records & {RetentionTrial, CompactorRuns}:
            return
        if run.attached:
            found = no_trial(READ_ONLY)
        elif run.no_retention_trial:
            found = no_trial(NotEvaluated(run.no_retention_trial))
        else:
            found = await trial(run.work_dir / "retention-trial", run.shipped, run.say)
        keep(found, run.store)

    async def observed(self, stack: InspectedStack) -> None:
        """Read what the running servers say; nothing is written to them."""
        loki, prometheus = stack.endpoint("loki"), stack.endpoint("prometheus")
        promise = self.run.target.promise if self.run.target else PROMISE
        found = await collect(loki, prometheus, stack.config_dir, stack.http, time.time(), promise=promise)
        keep(found, self.run.store, of_the_stack=True)


async def collect(
    loki_url: str | NotEvaluated,
    prometheus_url: str | NotEvaluated,
    config_dir: Path | None,
    http: httpx.AsyncClient,
    now: float,
    running_since: float | None = None,
    promise: Promise = PROMISE,
) -> Live:
    """Read levels two and three, and what is too old, from a running stack; nothing is written to it.

    A server that is absent or simulated is given as the reason. `now` and `running_since` (since when the stack is
    known to exist, None for not known) in Unix seconds. Never raises.
    """
    found = _of_others(EffectiveConfig, CompactorRuns, RetentionObservation)
    tasks: list[Awaitable[None]] = []
    if isinstance(loki_url, NotEvaluated):
        found["loki"].update(dict.fromkeys((EffectiveConfig, CompactorRuns, RetentionObservation), loki_url))
    else:
        loki = LokiClient(loki_url, http)
        if config_dir is None:
            found["loki"][EffectiveConfig] = NO_FILES
        else:
            tasks.append(_put(found["loki"], EffectiveConfig, effective_loki(loki, config_dir)))
        tasks += [
            _put(found["loki"], CompactorRuns, compactor_runs(loki, http)),
            _put(found["loki"], RetentionObservation, observe_attached(loki, http, now, running_since, promise.logs_s)),
        ]
    shipped = prometheus_config(config_dir)
    why = next((reason for reason in (prometheus_url, shipped) if isinstance(reason, NotEvaluated)), None)
    if why is not None or isinstance(prometheus_url, NotEvaluated) or isinstance(shipped, NotEvaluated):
        found["prometheus"][EffectiveConfig] = why or NotEvaluated("Prometheus is not there")
    else:
        prometheus = PrometheusClient(prometheus_url, http)
        tasks.append(_put(found["prometheus"], EffectiveConfig, effective_prometheus(prometheus, shipped[0])))
    if isinstance(prometheus_url, NotEvaluated):
        found["prometheus"][RetentionObservation] = prometheus_url
    else:
        observed = observe_prometheus(PrometheusClient(prometheus_url, http), now, promise.metrics_s)
        tasks.append(_put(found["prometheus"], RetentionObservation, observed))
    await asyncio.gather(*tasks)
    return found


async def trial(work_dir: Path, config_dir: Path, say: Callable[[str], None]) -> Live:
    """Carry out both retention trials at once, about 25 s; `work_dir` is made, and removed afterwards. Never raises.

    Loki's trial also tells of its compactor's runs, for a stack that is too young to have one of its own.
    """
    found = _of_others(RetentionTrial)
    try:
        await asyncio.gather(
            _loki_trial(found["loki"], work_dir, config_dir, say),
            _put(found["prometheus"], RetentionTrial, _prometheus_trial(work_dir, config_dir, say)),
        )
    finally:
        await asyncio.to_thread(shutil.rmtree, work_dir, ignore_errors=True)
    return found


def no_trial(why: NotEvaluated) -> Live:
    """Say why there is no trial."""
    found = _of_others(RetentionTrial)
    for name in OWNERS[RetentionTrial]:
        found[name][RetentionTrial] = why
    return found


def keep(found: Live, store: EvidenceStore, *, of_the_stack: bool = False) -> None:
    """Put what `collect`, `trial` or `no_trial` returned into the store.

    What is there and was evaluated is not replaced by a reason, nor a stack's own record by that of a trial's server;
    what the stack itself showed (`of_the_stack`) replaces what a trial's server did.
    """
    for subject, records in found.items():
        for record, evidence in records.items():
            known = store.get(record, subject)
            seen = not isinstance(known, NotEvaluated)
            shown = of_the_stack and isinstance(evidence, list)
            if isinstance(known, CollectionError) or (seen and not shown):
                continue
            if isinstance(evidence, CollectionError):
                store.put_missing(subject, [record], evidence)
            else:
                store.put(subject, {record: evidence}, "live")


def _of_others(*types: type) -> Live:
    """Say of every component that is no owner of these records that the rules do not speak of it."""
    return {
        name: {
            record: NotEvaluated(f"it is about {' and '.join(OWNERS[record])}, not {name}", applies=False)
            for record in types
            if name not in OWNERS[record]
        }
        for name in COMPONENTS
    }


async def _put(records: dict[type, Any], record: type, made: Awaitable[Any]) -> None:
    """Await one record and keep it, or the reason why there is none."""
    try:
        outcome = await made
    except (LogStoreError, PrometheusError, httpx.HTTPError, ComponentFailed, TrialImpossibleError) as silent:
        outcome = NotEvaluated(str(silent) or type(silent).__name__)
    except Exception as broken:  # noqa: BLE001  # whatever else breaks is the suite's own error, and reported as such
        outcome = CollectionError(f"{type(broken).__name__}: {broken}")
    records[record] = outcome if isinstance(outcome, NotEvaluated | CollectionError) else [outcome]


async def _loki_trial(records: dict[type, Any], work_dir: Path, config_dir: Path, say: Callable[[str], None]) -> None:
    binary = find_binary("loki")
    if binary is None:
        records[RetentionTrial] = NotEvaluated(why_absent("loki"))
        return
    both: dict[type, Any] = {}
    await _put(both, RetentionTrial, trial_loki(binary.path, work_dir / "loki", config_dir, say))
    outcome = both[RetentionTrial]
    if isinstance(outcome, list):
        trial_record, runs = outcome[0]
        records.update({RetentionTrial: [trial_record], CompactorRuns: [runs]})
    else:
        records[RetentionTrial] = outcome


async def _prometheus_trial(
    work_dir: Path, config_dir: Path, say: Callable[[str], None]
) -> RetentionTrial | NotEvaluated:
    binary, promtool = find_binary("prometheus"), find_binary("promtool")
    if binary is None or promtool is None:
        return NotEvaluated(why_absent("promtool" if binary else "prometheus"))
    shipped = prometheus_config(config_dir)
    if isinstance(shipped, NotEvaluated):
        return shipped
    return await trial_prometheus(
        binary.path, promtool.path, work_dir / "prometheus", config_dir / PROMETHEUS, shipped[0], say
    )
