"""Level two: what the files say beside what the running servers say."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stack.clients.loki import LokiClient
from stack.clients.prometheus import PrometheusClient
from stack.records.config.effective import EffectiveConfig, Setting, as_text, at, leaves, varies
from stack.records.config.prometheus import PrometheusConfig
from stack.text.interpolation import expand_env
from stack.text.yaml_text import read_mapping, section
from suites.core.stack_files import display_path
from suites.retention.collect.files import LOKI

RETENTION = "storage.tsdb.retention."
PROMETHEUS_DEFAULT = "15d"
"""What Prometheus keeps where nothing is set."""

ABSENT: tuple[tuple[str, ...], ...] = (
    ("compactor", "retention_enabled"),
    ("limits_config", "retention_period"),
    ("limits_config", "retention_stream"),
    ("limits_config", "per_tenant_override_config"),
    ("runtime_config", "file"),
)
"""Settings of Loki that decide what is kept, and that are compared also where the file does not name them."""


async def effective_loki(loki: LokiClient, config_dir: Path) -> EffectiveConfig:
    """Compare Loki's file with its `/config`.

    Values of the file that hold a variable are each site's own and left out, except for what decides retention:
    there the file's default is what is promised.

    Raises:
        LogStoreError: Loki did not answer.
        OSError, ConfigError: the file cannot be read.

    """
    live = await loki.config()
    raw = (config_dir / LOKI).read_text(encoding="utf-8")
    document = read_mapping(raw)
    settings = list(_compared(document, live, display_path(config_dir, LOKI)))
    written = read_mapping(expand_env(raw)).data
    known = {setting.key for setting in settings}
    for path in ABSENT:
        key = ".".join(path)
        if key not in known:
            place = display_path(config_dir, LOKI), document.line(*path)
            settings.append(Setting(key, at(written, path), at(live, path), *place))
    return EffectiveConfig("loki", tuple(settings))


async def effective_prometheus(prometheus: PrometheusClient, config: PrometheusConfig) -> EffectiveConfig:
    """Compare Prometheus' file and command with what it runs on; raises PrometheusError where it does not answer."""
    live = await prometheus.config()
    retention = dict(_kept(str((await prometheus.runtime_info()).get("storageRetention", ""))))
    settings = [
        setting for setting in _compared(config.text, live, config.file) if not setting.key.startswith(RETENTION)
    ]
    # A section in the file replaces the flags, all of them; the server says in one place what applies.
    in_file = section(config.data, "storage", "tsdb", "retention")
    if not in_file and not config.flags_known:
        return EffectiveConfig("prometheus", tuple(settings))
    for name in ("time", "size"):
        given = as_text(in_file.get(name)) if in_file else config.flags.get(RETENTION + name, "").strip()
        written = given or (PROMETHEUS_DEFAULT if name == "time" else None)
        place = (config.file, config.line("storage", "tsdb", "retention", name))
        where = place if in_file else (config.flags_file, config.flags_line)
        settings.append(Setting(RETENTION + name, written, retention.get(name), *where))
    return EffectiveConfig("prometheus", tuple(settings))


def _compared(document: Any, live: dict[str, Any], file: str) -> Iterator[Setting]:
    for path, value in leaves(document.data):
        if not varies(value):
            running = at(live, path)
            # Prometheus makes paths absolute, from the folder of its file.
            same_path = value and running and running.endswith(f"/{value}")
            yield Setting(".".join(map(str, path)), value, value if same_path else running, file, document.line(*path))


def _kept(stated: str) -> Iterator[tuple[str, str]]:
    """Read `1w or 8GiB`, as Prometheus states its retention."""
    for part in stated.split(" or "):
        if re.fullmatch(r"\d+(\.\d+)?[KMGTPE]?i?B", part):
            yield "size", part
        elif part and not part.endswith("%"):
            yield "time", part
