"""Alerts: the rules that Prometheus is given and evaluates, and the Alertmanager that it sends alerts to."""

from stack.records.config.prometheus import PrometheusConfig
from suites.alerts.collect.running import AlertsCollector
from suites.core.area import Area, StackFiles, StaticRecords
from suites.core.stack_files import prometheus_config


def read(files: StackFiles) -> StaticRecords:
    """Read Prometheus' configuration: the only subject of this area."""
    return {"prometheus": {PrometheusConfig: prometheus_config(files.folder)}}


AREA = Area("alerts", files=read, stack=AlertsCollector)
