"""The metrics by which components report faults of their own, by kind of fault, and the findings made of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stack.records.live.own_metrics import OwnMetrics
from suites.core.finding import Finding, Where
from suites.core.rule import NotApplicable, NotCollected


@dataclass(frozen=True)
class Signal:
    """One metric: what it counts or shows. A counter that gains is a fault; a `gauge` is one unless it is `sound`.

    With `most` a gauge may be anything up to that. An `age` is a point in time, in Unix seconds, and judged by how many
    seconds ago it is. `by` are the labels that are shown beside the instance.
    """

    says: str
    gauge: bool = False
    sound: float = 0.0
    by: tuple[str, ...] = ()
    most: float = 0.0
    age: bool = False

    @property
    def faulty(self) -> str:
        """The comparison of PromQL that a faulty gauge meets."""
        return f"> {self.most:g}" if self.most else f"!= {self.sound:g}"


def _counts(says: str, *by: str) -> Signal:
    return Signal(says, by=by)


def _state(says: str, sound: float = 1.0, *by: str) -> Signal:
    return Signal(says, gauge=True, sound=sound, by=by)


LAG = Signal("its lines reach the store late, by seconds", gauge=True, by=("client", "host"), most=600.0)
SENT = Signal("the newest sample that the remote store took is old", gauge=True, by=("url",), most=300.0, age=True)
"""A store that does not answer fails no sample: each is tried again, for as long as the write-ahead log has it."""
NEVER_S = 1e9
"""An age that only a point in time of 0 has."""
RELOADED = "its configuration could not be loaded: the last good one is used"
KINDS: Mapping[str, Mapping[str, Signal]] = {
    "configuration-loaded": {
        "prometheus_config_last_reload_successful": _state(RELOADED),
        "alertmanager_config_last_reload_successful": _state(RELOADED),
        "loki_runtime_config_last_reload_successful": _state(RELOADED),
        "promtail_config_reload_fail_total": _counts(RELOADED),
        "alloy_config_last_load_successful": _state(RELOADED),
    },
    "write-ahead-log-intact": {
        "prometheus_tsdb_wal_corruptions_total": _counts("its write-ahead log was corrupted"),
        "prometheus_tsdb_wal_truncations_failed_total": _counts("its write-ahead log could not be truncated"),
        "prometheus_tsdb_checkpoint_creations_failed_total": _counts("checkpoints of its write-ahead log failed"),
        "prometheus_tsdb_wal_writes_failed_total": _counts("writes to its write-ahead log failed"),
        "loki_ingester_wal_corruptions_total": _counts("its write-ahead log was corrupted"),
    },
    "storage-works": {
        "loki_ingester_wal_disk_full_failures_total": _counts("its disk is full"),
        "loki_ingester_chunks_flush_failures_total": _counts("chunks could not be written to the store"),
        "prometheus_tsdb_compactions_failed_total": _counts("compactions of blocks failed"),
        "prometheus_tsdb_reloads_failures_total": _counts("blocks could not be loaded"),
        "prometheus_tsdb_head_truncations_failed_total": _counts("truncations of the head failed"),
    },
    "nothing-refused": {
        "loki_discarded_samples_total": _counts("log lines were refused", "reason", "tenant"),
        "prometheus_target_scrapes_exceeded_sample_limit_total": _counts("scrapes exceeded `sample_limit`"),
        "prometheus_target_scrapes_exceeded_body_size_limit_total": _counts("scrapes exceeded `body_size_limit`"),
        "prometheus_target_scrapes_sample_out_of_bounds_total": _counts("samples had times too far away"),
        "prometheus_target_scrapes_sample_duplicate_timestamp_total": _counts("samples came twice, with other values"),
        "prometheus_target_scrapes_sample_out_of_order_total": _counts("samples came out of order"),
    },
    "agent-delivers": {
        "promtail_dropped_entries_total": _counts("log lines were dropped", "host", "reason", "tenant"),
        "promtail_stream_lag_seconds": LAG,
        "loki_write_stream_lag_seconds": LAG,
        "promtail_mutated_entries_total": _counts("log lines were cut or changed", "reason"),
        "loki_write_dropped_entries_total": _counts("log lines were dropped", "host", "reason", "tenant"),
    },
    "remote-write-works": {
        "prometheus_remote_storage_samples_failed_total": _counts("samples could not be sent", "url"),
        "prometheus_remote_storage_queue_highest_sent_timestamp_seconds": SENT,
        "prometheus_remote_storage_samples_dropped_total": _counts("samples were dropped", "url", "reason"),
    },
    "notifications-sent": {
        "prometheus_notifications_dropped_total": _counts("notifications were dropped"),
        "prometheus_notifications_errors_total": _counts("an Alertmanager could not be reached", "alertmanager"),
        "alertmanager_notifications_failed_total": _counts("notifications failed", "integration", "reason"),
        "alertmanager_cluster_failed_peers": _state("peers of its cluster are gone", 0.0),
    },
    "rules-evaluated": {
        "prometheus_rule_evaluation_failures_total": _counts("evaluations of rules failed", "rule_group"),
        "loki_prometheus_rule_evaluation_failures_total": _counts("evaluations of rules failed", "rule_group"),
    },
    "rules-evaluated-in-time": {
        "prometheus_rule_group_iterations_missed_total": _counts("evaluations of rules were missed", "rule_group"),
        "loki_prometheus_rule_group_iterations_missed_total": _counts("evaluations were missed", "rule_group"),
    },
    "discovery-works": {
        "prometheus_sd_refresh_failures_total": _counts("service discovery failed", "mechanism", "config"),
        "prometheus_sd_kubernetes_failures_total": _counts("service discovery failed"),
        "prometheus_sd_consul_rpc_failures_total": _counts("service discovery failed"),
        "prometheus_sd_file_read_errors_total": _counts("target files could not be read"),
        "prometheus_target_sync_failed_total": _counts("targets could not be set up", "scrape_job"),
    },
    "exporters-work": {
        "redis_up": _state("it does not reach its Redis"),
        "node_textfile_scrape_error": _state("a file of the textfile collector cannot be read", 0.0),
    },
    "no-panics": {
        "loki_panic_total": _counts("it panicked"),
        "promtail_panic_total": _counts("it panicked"),
    },
}
"""Per rule, the metrics that it judges."""
SIGNALS: Mapping[str, Signal] = {name: signal for kind in KINDS.values() for name, signal in kind.items()}


def reported(own: OwnMetrics, kind: str, hint: str) -> Iterator[Finding]:
    """A finding for each series of this kind that shows a fault."""
    signals = KINDS[kind]
    if not (own.exposed | own.lost) & signals.keys():
        raise NotApplicable(f"Prometheus has no metric of {own.component} on this")
    for sample in own.samples:
        signal = signals.get(sample.metric)
        if signal is None or (sample.value <= signal.most if signal.most else sample.value == signal.sound):
            continue
        amount = f"is {sample.value:g}" if signal.gauge else f"+{sample.value:.4g} in {own.window_s / 60:g} min"
        if signal.age:
            amount = f"is {sample.value:.0f} s ago" if sample.value < NEVER_S else "is 0: it has taken none yet"
        yield Finding(
            f"{sample.place}: {signal.says} (`{sample.metric}` {amount})",
            Where(series=sample.metric),
            hint,
        )
    for metric in sorted(own.lost & signals.keys()):
        raise NotCollected(f"`{metric}` has no value in the last 15 minutes")
