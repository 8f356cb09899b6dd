"""Retention, level one: what the files promise. Evidence of kind `static`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from stack.components import COMPONENTS
from stack.records.config.loki import LokiConfig
from stack.records.config.prometheus import PrometheusConfig
from suites.components.collect.files import Static, compose_services, prometheus_config, read_file, shown
from suites.core.evidence import NotEvaluated

LOKI = "loki/loki-config.yaml"


def collect_static(stack_dir: Path, today: date) -> Static:  # noqa: ARG001  # every area's collector is called alike
    """Read `stack_dir` (the folder `stack/`) for the rules of the retention suite: Loki's and Prometheus' files."""
    found: Static = {}
    for name in COMPONENTS:
        found[name] = {
            LokiConfig: NotEvaluated(f"{name} is not Loki", applies=False),
            PrometheusConfig: NotEvaluated(f"{name} is not Prometheus", applies=False),
        }
    found["loki"][LokiConfig] = loki_config(stack_dir)
    found["prometheus"][PrometheusConfig] = prometheus_config(stack_dir, compose_services(stack_dir))
    return found


def loki_config(stack_dir: Path) -> list[Any] | NotEvaluated:
    """Loki's file, with the overrides per tenant where it names a file that lies beside it."""
    text = read_file(stack_dir, LOKI)
    if isinstance(text, NotEvaluated):
        return text
    try:
        config = LokiConfig.read(text, file=shown(stack_dir, LOKI))
        if config.runtime_file:
            beside = f"{Path(LOKI).parent}/{Path(config.runtime_file).name}"
            overrides = read_file(stack_dir, beside)
            if isinstance(overrides, str):
                config = LokiConfig.read(text, overrides, shown(stack_dir, LOKI))
    except ValueError as broken:
        return NotEvaluated(f"{shown(stack_dir, LOKI)}: {broken}")
    return [config]
