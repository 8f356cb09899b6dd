"""What Loki refuses, read from its own configuration file, with Loki's defaults where that says nothing.

Source: https://grafana.com/docs/loki/latest/configure/#limits_config
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stack.embedded.config import duration_ns, size
from stack.embedded.refusal import ConfigError, NotSimulated


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on what is pushed: sizes in bytes, durations in nanoseconds, None or 0 for no limit.

    Rates are not simulated: those of Loki's defaults and above are never reached here, lower ones are refused.
    """

    max_age_ns: int | None
    grace_ns: int
    max_line: int
    truncate: bool
    truncate_mark: str
    max_labels: int
    max_label_name: int
    max_label_value: int
    metadata_allowed: bool
    max_metadata: int
    max_metadata_count: int
    max_streams: int
    window_ns: int


def limits(config: Mapping[str, Any], file: str) -> Limits:
    """Read the limits of a Loki configuration; raises `ConfigError` or `NotSimulated` naming the file and the key."""
    _refuse_unknown(config, file)
    values, ingester = _section(config, "limits_config", file), _section(config, "ingester", file)
    where = f"{file}: limits_config"
    for key in ("discover_service_name", "discover_log_levels"):
        if values.get(key, True):
            raise NotSimulated(f"{where}.{key}, which adds a label of Loki's own guess,")
    for key in ("discover_generic_fields", "increment_duplicate_timestamp", "enforced_labels"):
        if values.get(key):
            raise NotSimulated(f"{where}.{key}")
    for key, default in _RATES.items():
        rate = values.get(key, default)
        low = float(rate) < default if key.endswith("_mb") else size(rate, f"{where}.{key}") < default
        if low:
            raise NotSimulated(f"{where}.{key} below Loki's default")
    old = duration_ns(values.get("reject_old_samples_max_age", "168h"), f"{where}.reject_old_samples_max_age")
    return Limits(
        max_age_ns=old if values.get("reject_old_samples", True) else None,
        grace_ns=duration_ns(values.get("creation_grace_period", "10m"), f"{where}.creation_grace_period"),
        max_line=size(values.get("max_line_size", "256KB"), f"{where}.max_line_size"),
        truncate=bool(values.get("max_line_size_truncate", False)),
        truncate_mark=str(values.get("max_line_size_truncate_identifier", "")),
        max_labels=int(values.get("max_label_names_per_series", 15)),
        max_label_name=int(values.get("max_label_name_length", 1024)),
        max_label_value=int(values.get("max_label_value_length", 2048)),
        metadata_allowed=bool(values.get("allow_structured_metadata", True)),
        max_metadata=size(values.get("max_structured_metadata_size", "64KB"), f"{where}.max_structured_metadata_size"),
        max_metadata_count=int(values.get("max_structured_metadata_entries_count", 128)),
        max_streams=int(values.get("max_global_streams_per_user", 5000)),
        window_ns=duration_ns(ingester.get("max_chunk_age", "2h"), f"{file}: ingester.max_chunk_age") // 2,
    )


_SECTIONS = frozenset(
    "server common ingester ingester_client frontend frontend_worker querier query_range query_scheduler schema_config "  # noqa: SIM905  # reads better
    "storage_config chunk_store_config compactor limits_config ruler analytics memberlist tracing index_gateway".split()
)
"""The sections that say nothing of which lines are taken, or are read below."""

_LIMITS = re.compile(
    r"retention_|max_query|query_|max_entries|max_streams_matchers|max_concurrent|max_cache|max_stats|split_|volume_|"
    r"cardinality_|ruler_|tsdb_|deletion_mode|allow_deletes|bloom_|ingestion_rate_strategy|shard_streams|"
    r"reject_old_samples|creation_grace_period|max_line_size|max_label_|allow_structured_metadata|"
    r"max_structured_metadata|max_global_streams_per_user|discover_|increment_duplicate|enforced_labels|"
    r"ingestion_rate_mb|ingestion_burst_size_mb|per_stream_rate_limit"
)
"""The limits on what is taken that are read here, and those on queries and retention, which do not concern it."""

_RATES = {
    "ingestion_rate_mb": 4,
    "ingestion_burst_size_mb": 6,
    "per_stream_rate_limit": 3 << 20,
    "per_stream_rate_limit_burst": 15 << 20,
}
"""Limits on rates with Loki's defaults."""


def _refuse_unknown(config: Mapping[str, Any], file: str) -> None:
    if config.get("auth_enabled", True):
        raise NotSimulated(f"{file}: tenants (`auth_enabled`, true unless it is switched off)")
    if config.get("target", "all") != "all":
        raise NotSimulated(f"{file}: `target: {config['target']}`")
    if _section(config, "server", file).get("http_path_prefix"):
        raise NotSimulated(f"{file}: server.http_path_prefix")
    if unknown := sorted(config.keys() - _SECTIONS - {"auth_enabled", "target"}):
        raise NotSimulated(f"{file}: `{unknown[0]}`")
    if unknown := sorted(key for key in _section(config, "limits_config", file) if not _LIMITS.match(key)):
        raise NotSimulated(f"{file}: limits_config.{unknown[0]}")


def _section(config: Mapping[str, Any], name: str, file: str) -> Mapping[str, Any]:
    section = config.get(name) or {}
    if not isinstance(section, dict):
        raise ConfigError(f"{file}: `{name}` has to be a mapping")
    return section
