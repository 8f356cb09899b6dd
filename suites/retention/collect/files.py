"""Retention, level one: what the files promise. Evidence of kind `static`."""

from pathlib import Path
from typing import Any

from stack.components import COMPONENTS
from stack.records.config.loki import LokiConfig
from stack.records.config.prometheus import PrometheusConfig
from suites.core.area import StackFiles, StaticRecords
from suites.core.evidence import NotEvaluated
from suites.core.stack_files import NO_FILES, display_path, prometheus_config, read_file

LOKI = "loki/loki-config.yaml"


def read(files: StackFiles) -> StaticRecords:
    """Read Loki's and Prometheus' files: one subject per component, most of which keep no data."""
    found: StaticRecords = {
        name: {
            LokiConfig: NotEvaluated(f"{name} is not Loki", applies=False),
            PrometheusConfig: NotEvaluated(f"{name} is not Prometheus", applies=False),
        }
        for name in COMPONENTS
    }
    found["loki"][LokiConfig] = loki_config(files.folder)
    found["prometheus"][PrometheusConfig] = prometheus_config(files.folder)
    return found


def loki_config(stack_dir: Path | None) -> list[Any] | NotEvaluated:
    """Loki's file, with the overrides per tenant where it names a file that lies beside it."""
    if stack_dir is None:
        return NO_FILES
    text = read_file(stack_dir, LOKI)
    if isinstance(text, NotEvaluated):
        return text
    try:
        config = LokiConfig.read(text, file=display_path(stack_dir, LOKI))
        if config.runtime_file:
            beside = f"{Path(LOKI).parent}/{Path(config.runtime_file).name}"
            overrides = read_file(stack_dir, beside)
            if isinstance(overrides, str):
                config = LokiConfig.read(text, overrides, display_path(stack_dir, LOKI))
    except ValueError as broken:
        return NotEvaluated(f"{display_path(stack_dir, LOKI)}: {broken}")
    return [config]
